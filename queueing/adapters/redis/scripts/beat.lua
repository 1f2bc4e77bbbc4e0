-- worker, status (packed), state, ttl, ms that the status outlives the ttl; then its queues.
-- Answers known, now, number of paused queues, their names…, command….
--
-- `since` is when this life of the worker began. A worker whose key ran out is told so once and forgotten; if it beats
-- again under the same id, that is a new life, which holds none of the jobs that the old one took.
local worker, status, state, ttl, keep = unpack(ARGV)
local key, inbox = P .. 'worker:' .. worker, P .. 'commands:' .. worker
local since = redis.call('HGET', key, 'since')
if not since then
  if redis.call('ZREM', P .. 'workers', worker) == 1 then return { 0, now, 0 } end
  since = now + 1 -- after all that an earlier life of this id took, were it in this very millisecond
end
local commands = redis.call('LRANGE', inbox, 0, -1)
redis.call('DEL', inbox) -- a first write that frees memory: workers must not seem dead because Redis is full
redis.call('HSET', key, 'since', since, 'state', state)
redis.call('PEXPIRE', key, ttl)
redis.call('ZADD', P .. 'workers', now, worker)
redis.call('SET', P .. 'status:' .. worker, status, 'PX', ttl + keep)

local answer = { 1, now, 0 }
for i = 6, #ARGV do
  if redis.call('HGET', P .. 'queue:' .. ARGV[i], 'paused') == '1' then
    answer[3] = answer[3] + 1
    answer[#answer + 1] = ARGV[i]
  end
end
for _, command in ipairs(commands) do answer[#answer + 1] = command end
return answer
