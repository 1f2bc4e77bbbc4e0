-- with: schedule
-- source, when they were first declared ('': now), 1 where these are all of it, number of types; then those types, whose
-- others go; then per schedule: name, type, packed, timing, overlap, next due. Answers when, and the names that are taken.
--
-- The last who starts wins, as for limits: who declares again, in case that Redis has lost them, overrules nobody.
-- What is declared for the first time is always the later one: two may be saved within a millisecond, and dates are versions.
local source, whole = ARGV[1], ARGV[3] == '1'
local first_time = ARGV[2] == ''
local at = first_time and now or tonumber(ARGV[2])
local latest = at
local first = 5 + tonumber(ARGV[4])
local types, named, taken = {}, {}, {}
for i = 5, first - 1 do types[ARGV[i]] = true end

local function declare(name, kind, packed, timing, overlap, due)
  local key = schedule_key(name)
  local known = redis.call('HMGET', key, 'src', 'at', 'timing', 'due', 'paused')
  if known[1] and known[1] ~= source then
    taken[#taken + 1] = name
    return
  end
  if (tonumber(redis.call('GET', P .. 'retired:' .. name) or '0')) > at then return end
  local dated = first_time and known[1] and math.max(at, tonumber(known[2]) + 1) or at
  if not known[1] or tonumber(known[2]) < dated then
    latest = math.max(latest, dated)
    redis.call('HSET', key, 'src', source, 'at', dated, 't', kind, 'def', packed, 'overlap', overlap, 'timing', timing)
    if known[3] ~= timing then
      redis.call('HSET', key, 'due', due)
      known[4] = due
    end
    seq = seq + 1
  end
  redis.call('ZADD', SCHEDULES, known[5] and '+inf' or known[4], name)
  redis.call('ZADD', P .. 'declared', now, name)
end

for i = first, #ARGV, 6 do
  named[ARGV[i]] = true
  declare(unpack(ARGV, i, i + 5))
end
if whole or next(types) then
  for _, name in ipairs(redis.call('ZRANGE', SCHEDULES, 0, -1)) do
    local known = redis.call('HMGET', schedule_key(name), 'src', 't', 'at')
    if known[1] == source and not named[name] and tonumber(known[3]) < at and (whole or types[known[2]]) then
      retire(name)
    end
  end
end
if whole then redis.call('SET', P .. 'whole:' .. source, at) end
count_transitions()
return { latest, taken }
