-- A job that is new, its outbox entry, and its hold on a unique key.
-- id, queue, type, spec, max attempts, created, tags, retention, unique name, unique for, expires, delay, run at.
-- Durations and times are ms; '' where there is none. Answers existing, id, epoch, state, due, now.
local PER_JOB = 13

local function existing(job)
  return { 1, job.id, job.e, job.s, job.d, now }
end

-- What is remembered of a record that is gone: the epoch of its last life, or 0, and the state that it ended in.
local function last_life(id)
  local epoch, state = string.match(redis.call('GET', P .. 'tomb:' .. id) or '', '^(%d+) ?(%a*)$')
  return tonumber(epoch) or 0, state ~= '' and state or nil
end

-- The job that holds it. One whose record was trimmed is known by its id; of how it ended its tombstone tells, if that is
-- still there.
local function holder_of(unique)
  local key = P .. 'uniq:' .. unique
  local id = redis.call('GET', key)
  if not id then return nil end
  local job = load(id)
  if job or redis.call('PTTL', key) < 0 then return job end
  local epoch, state = last_life(id)
  return { id = id, e = math.max(1, epoch), s = state or 'succeeded', d = now }
end

local function add(id, queue, kind, spec, max, created, tags, retention, unique, unique_for, expires, delay,
  run_at)
  local job = redis.call('EXISTS', P .. 'job:' .. id) == 1 and load(id)
  if not job and unique ~= '' then job = holder_of(unique) end
  if job then return existing(job) end
  -- An id that was used before begins after its last life, whose messages may still be about.
  local epoch = last_life(id) + 1

  local due = now
  if delay ~= '' then due = now + delay end
  if run_at ~= '' then due = math.max(now, tonumber(run_at)) end
  local state = due > now and 'scheduled' or 'queued'
  local fields = { 'e', epoch, 'a', 0, 'm', max, 'c', created, 'd', due }
  with(fields, 'g', tags)
  with(fields, 'r', retention)
  note_key(fields, unique, unique_for)
  create(id, queue, kind, spec, state, due, expires, fields)
  redis.call('ZADD', P .. 'outbox', now, id .. ':' .. epoch)
  if epoch > 1 then redis.call('DEL', P .. 'tomb:' .. id) end
  hold_key(unique, id, unique_for)
  return { 0, id, epoch, state, due, now }
end
