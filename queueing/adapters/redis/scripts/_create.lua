-- Write a record that is not there yet. `expires` is ms, or ''. `more` are further fields of the hash; a short spec is
-- one of them, which saves the 120 bytes of a key.
local SHORT = 64
local lanes_seen = {}

local function create(id, queue, kind, spec, state, score, expires, more)
  local member = queue .. ':' .. kind
  if not lanes_seen[member] then
    redis.call('SADD', P .. 'lanes', member)
    redis.call('SADD', P .. 'queues', queue)
    lanes_seen[member] = true
  end
  if #spec > SHORT then
    redis.call('SET', P .. 'spec:' .. id, spec)
  else
    more[#more + 1] = 'y'
    more[#more + 1] = spec
  end
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
