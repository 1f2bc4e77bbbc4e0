-- worker, status (packed), state, ttl, ms that the status outlives the ttl.
-- Answers known, now, command….
--
-- `since` is when this life of the worker began. A worker whose key ran out is told so once and forgotten; if it beats
-- again under the same id, that is a new life, which holds none of the jobs that the old one took.
local worker, status, state, ttl, keep = unpack(ARGV)
local key, inbox = P .. 'worker:' .. worker, P .. 'commands:' .. worker
local since = redis.call('HGET', key, 'since')
if not since then
  if redis.call('ZREM', P .. 'workers', worker) == 1 then return { 0, now } end
  since = now + 1 -- after all that an earlier life of this id took, were it in this very millisecond
end
local commands = redis.call('LRANGE', inbox, 0, -1)
redis.call('DEL', inbox) -- a first write that frees memory: workers must not seem dead because Redis is full
redis.call('HSET', key, 'since', since, 'state', state)
redis.call('PEXPIRE', key, ttl)
redis.call('ZADD', P .. 'workers', now, worker)
redis.call('SET', P .. 'status:' .. worker, status, 'PX', ttl + keep)
return { 1, now, unpack(commands) }
