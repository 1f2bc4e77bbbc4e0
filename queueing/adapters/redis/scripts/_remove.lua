-- The end of a record. Deletes before it writes, and so also works where Redis is full.
--
-- A message may outlive the record: on the delay ladder, in a paused queue, in the dead-letter queue. Without a
-- tombstone it would be taken for a new job and run.
local HOUR = 3600000
local REDELIVERY = 300000 -- a broker that lost its worker's connection hands the message out again within this

local function mourning(job, finished)
  if job.s ~= 'succeeded' then
    return 168 * HOUR + math.max(0, job.d - now)
  end
  return math.max(0, finished + REDELIVERY - now)
end

local function remove(job, finished)
  local id = job.id
  if job.s == 'failed' then leave_group(id) end
  redis.call('UNLINK', P .. 'job:' .. id, P .. 'spec:' .. id, P .. 'out:' .. id, P .. 'attempts:' .. id, P .. 'log:' .. id)
  redis.call('ZREM', lane(job.q, job.t, job.s), id)
  redis.call('ZREM', P .. 'outbox', id .. ':' .. job.e)
  local mourn = mourning(job, finished)
  if mourn > 0 then redis.call('SET', P .. 'tomb:' .. id, job.e .. ' ' .. job.s, 'PX', mourn) end
  seq = seq + 1
end
