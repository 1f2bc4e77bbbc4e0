-- A job that has not begun by its time is failed instead of run.
local function expired(job)
  return job.xa and job.xa <= now
end

local function expire(job, retention)
  fail(job, retention, 'Expired', 'Its time to start had passed.')
end

-- Whoever runs a finished job again knows how late it is.
local function waive_expiry(job)
  if not expired(job) then return end
  redis.call('ZREM', P .. 'expiries', job.id)
  redis.call('HDEL', P .. 'job:' .. job.id, 'xa')
  job.xa = nil
end
