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
  return 'Worker ' .. job.w .. ' stopped without a word while it ran this job.'
end
