-- with: create
-- A record that is missing, from its message. No outbox entry: the message is here.
-- Per job: id, queue, type, spec, max attempts, created, tags, retention, unique name, epoch, attempts begun, due ('').
local function rebuild(id, queue, kind, spec, max, created, tags, retention, unique, epoch, attempt, due)
  if load(id) then return end -- another worker was faster
  due = due ~= '' and tonumber(due) or now
  local state = due > now and 'scheduled' or 'queued'
  local fields = { 'e', epoch, 'a', attempt, 'm', max, 'c', created, 'd', due }
  with(fields, 'g', tags)
  with(fields, 'r', retention)
  if unique ~= '' and redis.call('SET', P .. 'uniq:' .. unique, id, 'NX') then with(fields, 'u', unique) end
  create(id, queue, kind, spec, state, due, fields)
end

for i = 1, #ARGV, 12 do
  rebuild(unpack(ARGV, i, i + 11))
end
count_transitions()
return 1
