-- What every script stands on. KEYS[1] is the prefix, "{leveret}:"; all other keys share its hash tag.
--
-- A full Redis refuses a script whose first write needs memory, and lets all that follows a first write pass. So a
-- script's first write is one that needs memory, unless it is there to free some: it fails whole or not at all.
local P = KEYS[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local seq = 0 -- transitions made by this call
local tally = {} -- running jobs by scope of a limit, once this call has counted them

-- The fields of a short spec, and the bytes of each: as long as a value may be in a hash that stays a listpack.
local PIECES, PIECE = { 'y', 'y2', 'y3', 'y4' }, 64

-- No life of a job comes so late by itself: whoever says so has made it up, and a later one must still be counted.
local BELIEVED = 2147483647

local function lane(queue, kind, state)
  return P .. 'lane:' .. queue .. ':' .. kind .. ':' .. state
end

local function load(id)
  local h = redis.call('HMGET', P .. 'job:' .. id,
    's', 'e', 'v', 'a', 'm', 'q', 't', 'd', 'b', 'f', 'w', 'k', 'x', 'u', 'r', 'p', 'ek', 'l', 'z', 'xa')
  if not h[1] then return nil end
  return {
    id = id, s = h[1], e = tonumber(h[2]), v = tonumber(h[3]), a = tonumber(h[4]), m = tonumber(h[5]),
    q = h[6], t = h[7], d = tonumber(h[8] or 0), b = tonumber(h[9] or 0), f = tonumber(h[10] or 0), w = h[11] or '',
    k = h[12] or '', x = h[13] == '1', u = h[14] or '', r = h[15] or '', p = h[16] or '', ek = h[17] or '',
    l = h[18] or '', z = tonumber(h[19] or 0), xa = tonumber(h[20]),
  }
end

-- Change fields of a record, not its state.
local function amend(job, ...)
  job.v = job.v + 1
  redis.call('HSET', P .. 'job:' .. job.id, 'v', job.v, ...)
  seq = seq + 1
end

local function scopes_of(job)
  return { 't:' .. job.t, 'q:' .. job.q }
end

-- The job waits for no limit any more: it gives up its place in line, or its grant.
local function leave(job)
  if job.l == '' then return end
  for _, scope in ipairs(scopes_of(job)) do
    redis.call('ZREM', P .. 'line:' .. scope, job.id)
    redis.call('ZREM', P .. 'grants:' .. scope, job.id)
  end
  redis.call('HDEL', P .. 'job:' .. job.id, 'l')
  job.l = ''
end

-- A job that is not failed any more is none of its group's open ones. What the group has counted stays.
local function leave_group(id)
  local group = redis.call('HGET', P .. 'job:' .. id, 'gr')
  if group then redis.call('ZREM', P .. 'open:' .. group, id) end
end

-- A job with an expiry is in the list of those while it waits: one that has begun in time may go on.
local function mind_expiry(job, state)
  if not job.xa then return end
  if state == 'running' or FINISHED[state] then
    redis.call('ZREM', P .. 'expiries', job.id)
  else
    redis.call('ZADD', P .. 'expiries', job.xa, job.id)
  end
end

-- The one way by which a state changes: along the table, record and index together.
local function become(job, state, score, ...)
  if not (MOVES[job.s] and MOVES[job.s][state]) then
    error('no move from ' .. job.s .. ' to ' .. state)
  end
  job.v = job.v + 1
  redis.call('HSET', P .. 'job:' .. job.id, 's', state, 'v', job.v, ...)
  redis.call('ZADD', lane(job.q, job.t, state), score, job.id)
  redis.call('ZREM', lane(job.q, job.t, job.s), job.id)
  mind_expiry(job, state)
  if state ~= 'queued' then leave(job) end
  if next(tally) then
    for _, scope in ipairs(scopes_of(job)) do
      if tally[scope] then
        tally[scope] = tally[scope] + (state == 'running' and 1 or 0) - (job.s == 'running' and 1 or 0)
      end
    end
  end
  if job.s == 'failed' then leave_group(job.id) end
  job.s = state
  seq = seq + 1
end

-- The record has a new epoch, and a message of it must be published: the old life's message is nobody's now.
local function await_message(job, epoch)
  redis.call('ZADD', P .. 'outbox', now, job.id .. ':' .. epoch)
  if job.e ~= epoch then
    redis.call('ZREM', P .. 'outbox', job.id .. ':' .. job.e)
  end
  job.e = epoch
end

local function count_transitions()
  if seq > 0 then redis.call('INCRBY', P .. 'seq', seq) end
end
