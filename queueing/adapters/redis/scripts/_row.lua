-- A job as a list shows it: {fields…, unconfirmed}, or false where there is none. `fields` starts with state, epoch.
local AWAITS = { scheduled = true, queued = true, retrying = true, failed = true }
local awaited = redis.call('EXISTS', P .. 'outbox') == 1

local function row(id, fields)
  local h = redis.call('HMGET', P .. 'job:' .. id, unpack(fields))
  if not h[1] then return false end
  h[#fields + 1] = 0
  if awaited and AWAITS[h[1]] and redis.call('ZSCORE', P .. 'outbox', id .. ':' .. h[2]) then
    h[#fields + 1] = 1
  end
  return h
end

local function spec_of(id)
  local pieces = redis.call('HMGET', P .. 'job:' .. id, unpack(PIECES))
  if not pieces[1] then return redis.call('GET', P .. 'spec:' .. id) end
  local spec = ''
  for _, piece in ipairs(pieces) do spec = spec .. (piece or '') end
  return spec
end

local function take(first, count)
  local taken = {}
  for i = first, first + count - 1 do taken[#taken + 1] = ARGV[i] end
  return taken
end
