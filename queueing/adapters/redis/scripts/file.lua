-- since, until, hours that a trend is kept; then per group: id, type, kind, failures, sample job or '', its place,
-- message, pattern, error (packed); then per failure: job id, failed at (ms), queue.
-- Answers 1, or 0 where somebody has filed meanwhile.
local since, to, kept = ARGV[1], ARGV[2], tonumber(ARGV[3])
if (redis.call('GET', P .. 'filed') or '0') ~= since then return 0 end
redis.call('SET', P .. 'filed', to)
local HOUR = 3600000
local oldest = math.floor(now / HOUR) - kept

local function count(trend, at)
  local hour = math.floor(at / HOUR)
  if hour <= oldest or redis.call('HINCRBY', trend, hour, 1) > 1 then return end
  for _, known in ipairs(redis.call('HKEYS', trend)) do
    if tonumber(known) <= oldest then redis.call('HDEL', trend, known) end
  end
end

-- The job may have been replayed, and may even have failed anew, since the failure was read: it counts all the same.
local function open(group, id, at)
  local job = redis.call('HMGET', P .. 'job:' .. id, 's', 'f')
  if job[1] ~= 'failed' or tonumber(job[2]) ~= at then return end
  redis.call('HSET', P .. 'job:' .. id, 'gr', group)
  redis.call('ZADD', P .. 'open:' .. group, at, id)
end

local function file(at)
  local group, job_type, kind, failures, sample, place, message, pattern, err = unpack(ARGV, at, at + 8)
  local key = P .. 'group:' .. group
  local first, last
  for i = at + 9, at + 6 + 3 * failures, 3 do
    local id, failed_at, queue = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
    first, last = math.min(first or failed_at, failed_at), math.max(last or 0, failed_at)
    redis.call('HINCRBY', key, 'q:' .. queue, 1)
    count(P .. 'trend:' .. group, failed_at)
    open(group, id, failed_at)
  end
  redis.call('HSETNX', key, 'first', first)
  redis.call('HSET', key, 'type', job_type, 'kind', kind, 'last', last)
  redis.call('HINCRBY', key, 'total', failures)
  redis.call('ZADD', P .. 'groups', last, group)
  if sample ~= '' then
    redis.call('HSET', key, 'job', sample, 'place', place, 'message', message, 'pattern', pattern)
    redis.call('SET', P .. 'sample:' .. group, err)
  end
  return at + 9 + 3 * failures
end

local at = 4
while at <= #ARGV do at = file(at) end
seq = 1
count_transitions()
return 1
