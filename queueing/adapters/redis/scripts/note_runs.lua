-- limit. Looks at jobs of schedules, those first that were looked at longest ago. Answers how many had ended.
local ended, runs = 0, P .. 'runs'
for _, member in ipairs(redis.call('ZRANGE', runs, 0, ARGV[1] - 1)) do
  local name, id = string.match(member, '^(%S+) (.+)$')
  local job = redis.call('HMGET', P .. 'job:' .. id, 's', 'b', 'f')
  if job[1] and not FINISHED[job[1]] and redis.call('EXISTS', P .. 'schedule:' .. name) == 1 then
    redis.call('ZADD', runs, now, member)
  else
    redis.call('ZREM', runs, member)
    ended = ended + 1
    if job[1] and redis.call('EXISTS', P .. 'schedule:' .. name) == 1 then
      redis.call('HSET', P .. 'ended:' .. name, id, job[1] .. ' ' .. (job[2] or '') .. ' ' .. (job[3] or ''))
    end
  end
end
return ended
