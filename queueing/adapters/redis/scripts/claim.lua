-- with: finish lost life limits expiry
-- worker, least ms until a held or paused message comes back, ms for one that stands in a line, ms for a suspect,
-- retention of failed, 1: to settle, else ''; then per message:
-- id, epoch, attempts begun, token.
-- Answers per message: {run, attempt, started, waited since, cancel asked}, {stale}, {park, ms, reason},
-- {bury, epoch, reason}, or {missing}.
local worker, recheck, in_line, on_trial = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local keep_failed = ARGV[5]
local to_settle = ARGV[6] == '1' -- the attempt has been made: what would keep it from being made does not count
local paused_queues = {}

local function paused(queue)
  if paused_queues[queue] == nil then
    paused_queues[queue] = redis.call('HGET', P .. 'queue:' .. queue, 'paused') == '1'
  end
  return paused_queues[queue]
end

-- The copy of a job that has run for hours needs no look every few seconds: a tenth of its age, five minutes at most.
local function patience(job)
  return math.max(recheck, math.min(math.floor((now - job.b) / 10), 300000))
end

-- Its message has come back while its worker lives, and is put where nobody looks at it for seconds or minutes. When that
-- worker dies, the broker will not deliver the job again: see `recall.lua`. Entries are given up after the longest time
-- that a message is put away for, twice.
local function note_return(job)
  local returned = P .. 'returned:' .. job.w
  redis.call('ZADD', returned, now, job.id)
  redis.call('ZREMRANGEBYSCORE', returned, '-inf', now - 600000)
  redis.call('PEXPIRE', returned, 600000)
  redis.call('SADD', P .. 'returned', job.w)
end

-- A worker that claims again before its next heartbeat may not know yet that its key ran out; it still runs the job.
local function held(job)
  return holds(job.w, job.b) or (job.w == worker and not life(worker))
end

-- The message is of a later life than the record: Redis came back from an older state of itself. The message is right.
local function adopt(job, epoch, attempt)
  if job.s == 'queued' then
    amend(job, 'e', epoch, 'a', attempt, 'd', now)
    redis.call('ZADD', lane(job.q, job.t, 'queued'), now, job.id)
  else
    local finished = FINISHED[job.s]
    become(job, 'queued', now, 'e', epoch, 'a', attempt, 'd', now)
    if finished then -- it has been replayed; where another job has its key now, both run
      retake_key(job)
      forget_last_life(job.id)
      waive_expiry(job)
    end
  end
  job.e, job.a, job.d = epoch, attempt, now
end

-- A life begins a millisecond after its first beat: what it takes meanwhile, it takes then.
local start = math.max(now, life(worker) or now)

local function run(job, token)
  local fields = { 'a', job.a + 1, 'b', start, 'w', worker, 'k', token }
  if job.p ~= '' then fields[9], fields[10] = 'p', '' end
  become(job, 'running', start, unpack(fields))
  if suspect(job) and life(worker) then redis.call('HSET', P .. 'worker:' .. worker, 'trial', job.id) end
  return { 'run', job.a + 1, start, job.d, job.x and 1 or 0 }
end

-- Nil where the job may run, and then its slots and its turn are taken; else ms until its message should be back.
local function limited(job)
  local found = limits_of(job)
  if #found == 0 then return nil end
  local given = tonumber(job.l)
  local stop, turn = obstacle(job, found, given)
  if stop then
    stand_in_line(job, stop)
    return in_line
  end
  if turn > now then
    if not given then grant(job, found, turn) end
    return turn - now
  end
  for _, limit in ipairs(found) do
    if limit.interval and not given then take_turn(limit, turn, job.id) end
  end
end

-- Its worker is gone, and the attempt with it. Answers the burial of a job that has no other left.
local function lose(job, spent)
  local message = lost_message(job)
  record_attempt(job, spent and 'failed' or 'queued', now, LOST, message)
  if spent then
    fail(job, keep_failed, LOST, message)
    return { 'bury', job.e, 'lost' }
  end
  job.z = job.z + 1
  become(job, 'queued', now, 'd', now, 'z', job.z, 'ek', LOST, 'em', string.sub(message, 1, 64))
  job.d = now
end

local function claim(id, epoch, attempt, token)
  local job = load(id)
  if not job then
    return { redis.call('EXISTS', P .. 'tomb:' .. id) == 1 and 'stale' or 'missing' }
  end
  epoch = tonumber(epoch)
  if epoch > job.e and epoch > BELIEVED then return { 'stale' } end
  if epoch < job.e then return { 'stale' } end
  if job.s == 'running' and epoch == job.e then -- a later life's message says that this one has ended
    if held(job) then
      if job.k ~= token or job.w ~= worker then
        note_return(job)
        return { 'park', patience(job), 'held' }
      end
      return { 'run', job.a, job.b, job.d, job.x and 1 or 0 } -- again: the first answer was lost on its way
    end
  end
  if epoch > job.e then adopt(job, epoch, tonumber(attempt)) end
  if FINISHED[job.s] then return { 'stale' } end

  if to_settle then
    if job.s == 'running' then lose(job) end
    return run(job, token)
  end
  local spent = job.s == 'running' and job.a >= job.m
  local late = expired(job)
  if job.s ~= 'running' and not late and job.d > now then return { 'park', job.d - now, 'early' } end
  if not spent and not late and paused(job.q) then return { 'park', recheck, 'paused' } end
  if job.s == 'running' then
    local buried = lose(job, spent)
    if buried then return buried end
  end
  if late then
    expire(job, keep_failed)
    return { 'bury', job.e, 'expired' }
  end
  if suspect(job) and tries_another(worker, job) then return { 'park', on_trial, 'suspect' } end
  local wait = limited(job)
  if wait then return { 'park', wait, 'limited' } end
  return run(job, token)
end

local answers = {}
for i = 7, #ARGV, 4 do
  answers[#answers + 1] = claim(unpack(ARGV, i, i + 3))
end
count_transitions()
return answers
