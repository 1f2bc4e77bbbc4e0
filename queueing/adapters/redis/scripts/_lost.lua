-- What is known of workers, and what becomes of the attempts of dead ones.
local lives = {}

-- A worker holds a job while its key exists, if this life of the worker began before it took the job:
-- one that lost its key and came back has let go of all it had.
local function holds(worker, since)
  if worker == '' then return false end
  local began = lives[worker]
  if began == nil then
    began = tonumber(redis.call('HGET', P .. 'worker:' .. worker, 'since')) or false
    lives[worker] = began
  end
  return began and began <= since
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
