-- with: finish lost life
-- worker, ms until a held or paused message comes back, retention of failed; then per message:
-- id, epoch, attempts begun, token, expires (ms or '').
-- Answers per message: {run, attempt, started, waited since, cancel asked}, {stale}, {park, ms, reason},
-- {bury, epoch, reason}, or {missing}.
local worker, recheck, keep_failed = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local paused_queues = {}

local function paused(queue)
  if paused_queues[queue] == nil then
    paused_queues[queue] = redis.call('HGET', P .. 'queue:' .. queue, 'paused') == '1'
  end
  return paused_queues[queue]
end

-- A worker that claims again before its next heartbeat may not know yet that its key ran out; it still runs the job.
local function held(job)
  return holds(job.w, job.b) or (job.w == worker and not life(worker))
end

local function bury(job, reason, kind, message)
  local epoch = job.e + 1
  finish(job, 'failed', keep_failed, 'e', epoch, 'ek', kind, 'em', string.sub(message, 1, 64))
  await_message(job, epoch)
  return { 'bury', epoch, reason }
end

-- The message is of a later life than the record: Redis came back from an older state of itself. The message is right.
local function adopt(job, epoch, attempt)
  if job.s == 'queued' then
    amend(job, 'e', epoch, 'a', attempt, 'd', now)
    redis.call('ZADD', lane(job.q, job.t, 'queued'), now, job.id)
  else
    local finished = FINISHED[job.s]
    become(job, 'queued', now, 'e', epoch, 'a', attempt, 'd', now)
    if finished then forget_last_life(job.id) end
  end
  job.e, job.a, job.d = epoch, attempt, now
end

-- A life begins a millisecond after its first beat: what it takes meanwhile, it takes then.
local start = math.max(now, life(worker) or now)

local function run(job, token)
  local fields = { 'a', job.a + 1, 'b', start, 'w', worker, 'k', token }
  if job.p ~= '' then fields[9], fields[10] = 'p', '' end
  become(job, 'running', start, unpack(fields))
  return { 'run', job.a + 1, start, job.d, job.x and 1 or 0 }
end

local function claim(id, epoch, attempt, token, expires)
  local job = load(id)
  if not job then
    return { redis.call('EXISTS', P .. 'tomb:' .. id) == 1 and 'stale' or 'missing' }
  end
  epoch = tonumber(epoch)
  if epoch < job.e then return { 'stale' } end
  if job.s == 'running' then
    if held(job) then
      if job.k ~= token or job.w ~= worker then return { 'park', recheck, 'held' } end
      return { 'run', job.a, job.b, job.d, job.x and 1 or 0 } -- again: the first answer was lost on its way
    end
  end
  if epoch > job.e then adopt(job, epoch, tonumber(attempt)) end
  if FINISHED[job.s] then return { 'stale' } end

  local spent = job.s == 'running' and job.a >= job.m
  local late = expires ~= '' and tonumber(expires) <= now
  if job.s ~= 'running' and not late and job.d > now then return { 'park', job.d - now, 'early' } end
  if not spent and not late and paused(job.q) then return { 'park', recheck, 'paused' } end
  if job.s == 'running' then
    local message = lost_message(job)
    record_attempt(job, spent and 'failed' or 'queued', now, LOST, message)
    if spent then return bury(job, 'lost', LOST, message) end
    become(job, 'queued', now, 'd', now, 'ek', LOST, 'em', string.sub(message, 1, 64))
    job.d = now
  end
  if late then return bury(job, 'expired', 'Expired', 'Its time to start had passed.') end
  return run(job, token)
end

local answers = {}
for i = 4, #ARGV, 5 do
  answers[#answers + 1] = claim(unpack(ARGV, i, i + 4))
end
count_transitions()
return answers
