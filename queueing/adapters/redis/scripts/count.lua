-- lane (`<queue>:<type>`), seconds to keep; then per counter: name, number.
local key = P .. 'metrics:' .. math.floor(now / 60000)
for i = 3, #ARGV, 2 do
  redis.call('HINCRBY', key, ARGV[i], ARGV[i + 1])
  redis.call('HINCRBY', key, ARGV[1] .. ':' .. ARGV[i], ARGV[i + 1])
end
redis.call('EXPIRE', key, ARGV[2])
return 1
