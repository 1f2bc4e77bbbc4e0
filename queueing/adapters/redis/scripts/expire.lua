-- with: finish expiry
-- limit, retention of failed. Answers id and epoch of each job that was failed.
local limit, keep_failed = tonumber(ARGV[1]), ARGV[2]
local answers = {}

for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'expiries', '-inf', now, 'LIMIT', 0, limit)) do
  local job = load(id)
  if job and job.s ~= 'running' and not FINISHED[job.s] then
    expire(job, keep_failed)
    answers[#answers + 1] = { id, job.e }
  else
    redis.call('ZREM', P .. 'expiries', id)
  end
end
count_transitions()
return answers
