-- with: create unique
-- A record that is missing, from its message. No outbox entry: the message is here. One that is not believed does not
-- count as the job's, which needs another.
-- Per job: id, queue, type, spec, max attempts, created, tags, retention, unique name, unique for, expires,
-- epoch, attempts begun, due; '' where there is none.
local function rebuild(id, queue, kind, spec, max, created, tags, retention, unique, unique_for, expires, epoch,
  attempt, due)
  if load(id) then return end -- another worker was faster
  local said = tonumber(epoch)
  epoch = math.min(said, BELIEVED)
  due = due ~= '' and tonumber(due) or now
  local state = due > now and 'scheduled' or 'queued'
  local fields = { 'e', epoch, 'a', attempt, 'm', max, 'c', created, 'd', due }
  with(fields, 'g', tags)
  with(fields, 'r', retention)
  note_key(fields, unique, unique_for)
  create(id, queue, kind, spec, state, due, expires, fields)
  if said > epoch then redis.call('ZADD', P .. 'outbox', now, id .. ':' .. epoch) end
  local left = unique_for == '' and '' or math.min(unique_for, created + unique_for - now)
  hold_key(unique, id, left, 'NX') -- a job that came meanwhile may have it
end

for i = 1, #ARGV, 14 do
  rebuild(unpack(ARGV, i, i + 13))
end
count_transitions()
return 1
