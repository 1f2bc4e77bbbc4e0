-- worker. One that was stopping said goodbye and leaves no ghost behind.
local worker = ARGV[1]
local key = P .. 'worker:' .. worker
if redis.call('HGET', key, 'state') == 'stopping' then
  redis.call('ZREM', P .. 'workers', worker)
  redis.call('DEL', P .. 'status:' .. worker)
end
redis.call('DEL', key, P .. 'commands:' .. worker)
if redis.call('GET', P .. 'leader') == worker then redis.call('DEL', P .. 'leader') end
return 1
