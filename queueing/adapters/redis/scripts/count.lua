-- lane (`<queue>:<type>`), seconds to keep minutes, sums of ten and of sixty, how many lanes have totals of their own,
-- ms after which an idle one of them makes room for another; then per counter: name, number.
-- A day in minutes is 1,440 keys to read, a week 10,080: charts of those read the sums.
local lane, most, rest = ARGV[1], tonumber(ARGV[5]), tonumber(ARGV[6])
local of_totals = { waited = true, ran = true }
local minute = math.floor(now / 60000)
for i, step in ipairs({ 1, 10, 60 }) do
  local key = P .. 'metrics:' .. (step > 1 and step .. ':' or '') .. math.floor(minute / step)
  for j = 7, #ARGV, 2 do
    if not of_totals[ARGV[j]] then
      redis.call('HINCRBY', key, ARGV[j], ARGV[j + 1])
      if step == 1 then redis.call('HINCRBY', key, lane .. ':' .. ARGV[j], ARGV[j + 1]) end
    end
  end
  redis.call('EXPIRE', key, ARGV[1 + i])
end

-- Totals only grow, or whoever reads rates from them would see a reset: so a lane that shares the others' stays there,
-- until one with its own has been idle for so long that nobody misses it.
local own = P .. 'totals'
if not redis.call('ZSCORE', own, lane) and redis.call('ZCARD', own) >= most then
  local idle = redis.call('ZRANGE', own, 0, 0, 'WITHSCORES')
  if tonumber(idle[2]) > now - rest then
    lane = ':'
  else
    redis.call('ZREM', own, idle[1])
    redis.call('DEL', P .. 'totals:' .. idle[1])
  end
end
if lane ~= ':' then redis.call('ZADD', own, now, lane) end
for j = 7, #ARGV, 2 do redis.call('HINCRBY', P .. 'totals:' .. lane, ARGV[j], ARGV[j + 1]) end
return 1
