-- with: schedule
-- name, pause, resume or remove, by whom, next due. Answers 1, or 0 where there is no such schedule.
local name, act, by, due = unpack(ARGV)
local key = schedule_key(name)
if redis.call('EXISTS', key) == 0 then return 0 end
if act == 'pause' then
  redis.call('HSET', key, 'paused', by, 'paused_at', now)
  redis.call('ZADD', SCHEDULES, '+inf', name)
elseif act == 'resume' then
  if redis.call('HEXISTS', key, 'paused') == 1 then
    redis.call('HSET', key, 'due', due)
    redis.call('HDEL', key, 'paused', 'paused_at')
    redis.call('ZADD', SCHEDULES, due, name)
  end
else
  retire(name)
end
seq = seq + 1
count_transitions()
return 1
