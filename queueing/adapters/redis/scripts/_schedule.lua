-- Schedules: their keys, and how one goes.
local SCHEDULES = P .. 'schedules'
local REMEMBERED = 86400000 -- ms that others are told that a schedule has gone

local function schedule_key(name)
  return P .. 'schedule:' .. name
end

local function retire(name)
  redis.call('SET', P .. 'retired:' .. name, now, 'PX', REMEMBERED)
  redis.call('ZREM', SCHEDULES, name)
  redis.call('ZREM', P .. 'declared', name)
  redis.call('DEL', schedule_key(name), P .. 'firings:' .. name, P .. 'ended:' .. name)
  seq = seq + 1
end
