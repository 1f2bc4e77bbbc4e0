-- with: finish lost
-- ms since the worker was last seen, limit, retention of failed.
-- Answers id and epoch of each rescued job.
local patience, limit, keep_failed = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local answers = {}

local function seen(worker)
  return tonumber(redis.call('ZSCORE', P .. 'workers', worker))
end

local function rescue(job)
  local spent = job.a >= job.m
  local epoch, message = job.e + 1, lost_message(job)
  record_attempt(job, spent and 'failed' or 'queued', now, LOST, message)
  if spent then
    finish(job, 'failed', keep_failed, 'e', epoch, 'ek', LOST, 'em', string.sub(message, 1, 64))
  else
    become(job, 'queued', now, 'e', epoch, 'd', now, 'ek', LOST, 'em', string.sub(message, 1, 64))
  end
  await_message(job, epoch)
  answers[#answers + 1] = { job.id, epoch }
end

for _, member in ipairs(redis.call('SMEMBERS', P .. 'lanes')) do
  for _, id in ipairs(redis.call('ZRANGE', P .. 'lane:' .. member .. ':running', 0, -1)) do
    if #answers >= limit then break end
    local holder = redis.call('HMGET', P .. 'job:' .. id, 'w', 'b')
    local worker, began = holder[1] or '', tonumber(holder[2] or 0)
    if not holds(worker, began) and (life(worker) or seen(worker) or began) <= now - patience then
      local job = load(id)
      if job then rescue(job) end
    end
  end
end
count_transitions()
return answers
