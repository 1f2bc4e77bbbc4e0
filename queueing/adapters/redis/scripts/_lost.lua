-- What is known of workers, and what becomes of the attempts of dead ones.
local lives = {}

-- When the present life of a worker began; false: it is dead.
local function life(worker)
  if lives[worker] == nil then
    lives[worker] = tonumber(redis.call('HGET', P .. 'worker:' .. worker, 'since')) or false
  end
  return lives[worker]
end

-- A worker holds what it took in its present life: one that lost its key and came back has let go of all it had.
local function holds(worker, since)
  return life(worker) and life(worker) <= since
end

local function record_attempt(job, outcome, ended, kind, message)
  local entry = cjson.encode({
    job.a, job.e, job.w, job.b, ended, outcome, job.d, kind, message,
  })
  local key = P .. 'attempts:' .. job.id
  redis.call('RPUSH', key, entry)
  redis.call('LTRIM', key, -50, -1)
end

local LOST = 'WorkerLost'

local function lost_message(job)
  local said = 'Worker ' .. job.w .. ' stopped without a word while it ran this job.'
  if job.a < job.m then return said end
  return said .. ' It has no attempts left. A handler that ends its process (out of memory, a crash in a C extension,'
    .. ' os._exit) takes the worker with it: look at the logs of that worker and of its machine.'
end

-- Lost twice in a row, or lost and down to its last attempt: it may be what kills its workers.
local function suspect(job)
  return job.z >= 2 or job.z == 1 and job.a + 1 >= job.m
end

-- A worker tries one suspect at a time. Innocent jobs that were lost beside a killer would otherwise meet it again and
-- again, until it has used up their attempts as well.
local function tries_another(worker, job)
  local id = redis.call('HGET', P .. 'worker:' .. worker, 'trial')
  local other = id and id ~= job.id and load(id)
  return other and other.s == 'running' and other.w == worker and other.z > 0
end
