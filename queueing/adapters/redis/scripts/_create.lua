-- Write a record that is not there yet. `expires` is ms, or ''. `more` are further fields of the hash. A short spec is
-- among them, which saves the 120 bytes of a key: in pieces, for one longer value would double the hash.
local lanes_seen = {}

local function keep_spec(id, spec, more)
  if #spec > PIECE * #PIECES then
    redis.call('SET', P .. 'spec:' .. id, spec)
    return
  end
  for i = 1, math.ceil(#spec / PIECE) do
    more[#more + 1] = PIECES[i]
    more[#more + 1] = string.sub(spec, (i - 1) * PIECE + 1, i * PIECE)
  end
end

local function create(id, queue, kind, spec, state, score, expires, more)
  local member = queue .. ':' .. kind
  if not lanes_seen[member] then
    redis.call('SADD', P .. 'lanes', member)
    redis.call('SADD', P .. 'queues', queue)
    lanes_seen[member] = true
  end
  keep_spec(id, spec, more)
  if expires ~= '' then
    more[#more + 1] = 'xa'
    more[#more + 1] = expires
  end
  redis.call('HSET', P .. 'job:' .. id, 's', state, 'v', 1, 'q', queue, 't', kind, unpack(more))
  redis.call('ZADD', lane(queue, kind, state), score, id)
  mind_expiry({ id = id, xa = tonumber(expires) }, state)
  seq = seq + 1
end

-- Fields that few jobs have are left out where they are empty.
local function with(fields, name, value)
  if value ~= '' then
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
end
