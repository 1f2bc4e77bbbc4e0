-- with: schedule
-- limit, lease (ms), ms after which one that nobody declares is forgotten.
-- Answers now; then per due schedule: since when it is declared so, due, packed.
local limit, lease, forgotten = unpack(ARGV)
local answer = { now }
for _, name in ipairs(redis.call('ZRANGEBYSCORE', SCHEDULES, '-inf', now, 'LIMIT', 0, limit)) do
  local silent = now - tonumber(redis.call('ZSCORE', P .. 'declared', name) or '0')
  local known = redis.call('HMGET', schedule_key(name), 'src', 'at', 'due', 'def')
  if known[1] == 'code' and silent > tonumber(forgotten) then
    retire(name)
  elseif known[1] == 'code' and silent > tonumber(lease) then
    -- Out of the way of others. Who declares it again puts it back at once.
    redis.call('ZADD', SCHEDULES, now + lease, name)
  else
    for _, value in ipairs({ tonumber(known[2]), tonumber(known[3]), known[4] }) do answer[#answer + 1] = value end
  end
end
count_transitions()
return answer
