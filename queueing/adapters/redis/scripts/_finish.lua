-- The end of a job: its retention begins, its unique key is free.

-- Put the id on the list of the moment when its retention (ms; -1: for ever) ends. The moment is rounded up by a
-- hundredth, a minute at most, so that many share a list: an entry takes 40 bytes there, 134 in a zset of its own.
local function keep_for(id, finished, retention)
  if retention < 0 then return end
  local grain = math.max(1, math.min(60000, math.floor(retention / 100)))
  local ends = math.ceil((finished + retention) / grain) * grain
  if redis.call('RPUSH', P .. 'trim:' .. ends, id) == 1 then
    redis.call('ZADD', P .. 'trim', ends, ends)
  end
end

-- A replay whose end is the same kind of error as the failure that was replayed has come back. See `replay.lua`.
local function count_comeback(id)
  local key = P .. 'job:' .. id
  local known = redis.call('HMGET', key, 'rk', 'ek')
  if not known[1] then return end
  if known[1] == known[2] then redis.call('HINCRBY', key, 'rb', 1) else redis.call('HDEL', key, 'rb') end
end

-- `retention` is the state's own.
local function finish(job, state, retention, ...)
  become(job, state, now, 'f', now, ...)
  if state == 'failed' then count_comeback(job.id) end
  keep_for(job.id, now, tonumber(job.r ~= '' and job.r or retention))
  if job.u ~= '' and redis.call('GET', P .. 'uniq:' .. job.u) == job.id then
    redis.call('DEL', P .. 'uniq:' .. job.u)
  end
end

-- Fail a job that nobody runs. A new epoch, for its dead letter.
local function fail(job, retention, kind, message)
  local epoch = job.e + 1
  finish(job, 'failed', retention, 'e', epoch, 'ek', kind, 'em', string.sub(message, 1, 64))
  await_message(job, epoch)
end
