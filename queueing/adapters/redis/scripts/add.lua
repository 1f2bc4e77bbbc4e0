-- with: create
-- Per job: id, queue, type, spec, max attempts, created, tags, retention, unique name, unique for, delay, run at.
-- Durations and times are ms; '' where there is none.
-- Answers per job: existing, id, epoch, state, due, now.
local answers = {}

local function existing(job)
  return { 1, job.id, job.e, job.s, job.d, now }
end

local function holder_of(unique)
  local id = redis.call('GET', P .. 'uniq:' .. unique)
  return id and load(id) -- the key of a record that was discarded is free
end

local function add(id, queue, kind, spec, max, created, tags, retention, unique, unique_for, delay, run_at)
  local job = redis.call('EXISTS', P .. 'job:' .. id) == 1 and load(id)
  if not job and unique ~= '' then job = holder_of(unique) end
  if job then return existing(job) end

  local due = now
  if delay ~= '' then due = now + delay end
  if run_at ~= '' then due = math.max(now, tonumber(run_at)) end
  local state = due > now and 'scheduled' or 'queued'
  local fields = { 'e', 1, 'a', 0, 'm', max, 'c', created, 'd', due }
  with(fields, 'g', tags)
  with(fields, 'r', retention)
  if unique_for == '' then with(fields, 'u', unique) end
  create(id, queue, kind, spec, state, due, fields)
  redis.call('ZADD', P .. 'outbox', now, id .. ':1')
  if unique ~= '' then
    if unique_for == '' then
      redis.call('SET', P .. 'uniq:' .. unique, id)
    elseif tonumber(unique_for) > 0 then
      redis.call('SET', P .. 'uniq:' .. unique, id, 'PX', unique_for)
    end
  end
  return { 0, id, 1, state, due, now }
end

for i = 1, #ARGV, 12 do
  answers[#answers + 1] = add(unpack(ARGV, i, i + 11))
end
count_transitions()
return answers
