-- What every script stands on. KEYS[1] is the prefix, "{leveret}:"; all other keys share its hash tag.
--
-- A full Redis refuses a script whose first write needs memory, and lets all that follows a first write pass. So a
-- script's first write is one that needs memory, unless it is there to free some: it fails whole or not at all.
local P = KEYS[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local seq = 0 -- transitions made by this call

local function lane(queue, kind, state)
  return P .. 'lane:' .. queue .. ':' .. kind .. ':' .. state
end

local function load(id)
  local h = redis.call('HMGET', P .. 'job:' .. id,
    's', 'e', 'v', 'a', 'm', 'q', 't', 'd', 'b', 'f', 'w', 'k', 'x', 'u', 'r', 'p', 'ek')
  if not h[1] then return nil end
  return {
    id = id, s = h[1], e = tonumber(h[2]), v = tonumber(h[3]), a = tonumber(h[4]), m = tonumber(h[5]),
    q = h[6], t = h[7], d = tonumber(h[8] or 0), b = tonumber(h[9] or 0), f = tonumber(h[10] or 0), w = h[11] or '',
    k = h[12] or '', x = h[13] == '1', u = h[14] or '', r = h[15] or '', p = h[16] or '', ek = h[17] or '',
  }
end

-- Change fields of a record, not its state.
local function amend(job, ...)
  job.v = job.v + 1
  redis.call('HSET', P .. 'job:' .. job.id, 'v', job.v, ...)
  seq = seq + 1
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
