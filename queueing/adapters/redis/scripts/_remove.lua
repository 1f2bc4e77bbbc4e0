-- The end of a record. A full Redis must still be able to trim, hence pcall: only what has no memory to spare for
-- its tombstone stays.
--
-- A message may outlive the record: on the delay ladder, in a paused queue, in the dead-letter queue. Without a
-- tombstone it would be taken for a new job and run.
local HOUR = 3600000
local REDELIVERY = 300000 -- a broker that lost its worker's connection hands the message out again within this

local function needs_tombstone(job, finished)
  if job.s ~= 'succeeded' then
    return 168 * HOUR + math.max(0, job.d - now)
  end
  return math.max(0, finished + REDELIVERY - now)
end

local function remove(job)
  local id = job.id
  local finished = tonumber(redis.call('HGET', P .. 'job:' .. id, 'f') or 0)
  local mourn = needs_tombstone(job, finished)
  if mourn > 0 then
    local laid = redis.pcall('SET', P .. 'tomb:' .. id, job.e, 'PX', mourn)
    if laid.err then return false end
  end
  redis.call('UNLINK', P .. 'job:' .. id, P .. 'spec:' .. id, P .. 'out:' .. id, P .. 'attempts:' .. id, P .. 'log:' .. id)
  redis.call('ZREM', lane(job.q, job.t, job.s), id)
  redis.call('ZREM', P .. 'trim', id)
  redis.call('ZREM', P .. 'outbox', id .. ':' .. job.e)
  redis.pcall('INCR', P .. 'seq')
  return true
end
