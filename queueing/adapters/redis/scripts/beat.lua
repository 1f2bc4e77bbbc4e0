-- worker, status (packed), state, ttl, ms that the status outlives the ttl.
-- Answers known, now, command….
--
-- `since` is when this life of the worker began. A worker whose key ran out is told so once and forgotten; if it beats
-- again under the same id, that is a new life, which holds none of the jobs that the old one took.
local worker, status, state, ttl, keep = unpack(ARGV)
local key = P .. 'worker:' .. worker
local since = redis.call('HGET', key, 'since')
if not since then
  if redis.call('ZREM', P .. 'workers', worker) == 1 then return { 0, now } end
  since = now
end
redis.call('HSET', key, 'since', since, 'state', state)
redis.call('PEXPIRE', key, ttl)
redis.call('ZADD', P .. 'workers', now, worker)
redis.call('SET', P .. 'status:' .. worker, status, 'PX', ttl + keep)
local commands = redis.call('LRANGE', P .. 'commands:' .. worker, 0, -1)
if #commands > 0 then redis.call('DEL', P .. 'commands:' .. worker) end
return { 1, now, unpack(commands) }
