-- Limits in force, by scope: 't:<type>' or 'q:<queue>'.
--
-- A job that may not start stands in the line of the scope that stops it, until it is let out with a grant: its slots,
-- and its turn (the moment at which it may start). Running and granted jobs together never exceed `concurrent`, so no
-- newcomer takes what the head of a line was given while its message is on its way.
--
-- Turns follow the generic cell rate algorithm (ITU-T I.371, virtual scheduling): with T = per / rate and a tolerance of
-- (burst - 1) * T, the next turn is max(now, TAT - tolerance), and then TAT = max(TAT, turn) + T.
local HORIZON = 2000 -- ms. Turns are given no further ahead: a cancelled job, or a raised rate, costs no more than this
local ARRIVAL = 15000 -- ms after its turn that a grant holds its slots; then its message is late, and they are others'

local limits, lanes = {}, nil

local function limit_of(scope)
  if limits[scope] == nil then
    local concurrent, rate, per, burst =
      string.match(redis.call('HGET', P .. 'limits', scope) or '', '^%d+ (%d+) (%d+) (%d+) (%d+)$')
    concurrent, rate = tonumber(concurrent or 0), tonumber(rate or 0)
    limits[scope] = (concurrent > 0 or rate > 0) and {
      scope = scope,
      concurrent = concurrent > 0 and concurrent,
      interval = rate > 0 and per / rate,
      tolerance = rate > 0 and (burst - 1) * per / rate,
      most = rate > 0 and 2 * math.ceil(HORIZON * rate / per) + burst, -- turns that are given and not taken up
    }
  end
  return limits[scope]
end

local function limits_of(job)
  local found = {}
  for _, scope in ipairs(scopes_of(job)) do
    found[#found + 1] = limit_of(scope) or nil
  end
  return found
end

local function running(scope)
  if tally[scope] then return tally[scope] end
  if not lanes then
    lanes = {}
    for _, member in ipairs(redis.call('SMEMBERS', P .. 'lanes')) do
      local queue, kind = string.match(member, '^([^:]*):(.*)$')
      for _, own in ipairs({ 't:' .. kind, 'q:' .. queue }) do
        lanes[own] = lanes[own] or {}
        table.insert(lanes[own], lane(queue, kind, 'running'))
      end
    end
  end
  local count = 0
  for _, key in ipairs(lanes[scope] or {}) do count = count + redis.call('ZCARD', key) end
  tally[scope] = count
  return count
end

local function has_room(limit, job)
  local grants = P .. 'grants:' .. limit.scope
  local granted = redis.call('ZCOUNT', grants, '(' .. now, '+inf')
  local own = tonumber(redis.call('ZSCORE', grants, job.id) or 0)
  if own > now then granted = granted - 1 end
  return (not limit.concurrent or running(limit.scope) + granted < limit.concurrent)
    and (not limit.most or granted < limit.most)
end

local function tat_of(limit)
  return tonumber(redis.call('GET', P .. 'rate:' .. limit.scope) or 0)
end

-- The first turn from a moment on. Turns booked ahead are kept clear of.
local function next_turn(limit, from)
  local turn = math.ceil(math.max(from, tat_of(limit) - limit.tolerance))
  while true do
    local near = redis.call('ZRANGEBYSCORE', P .. 'ahead:' .. limit.scope,
      string.format('(%.3f', turn - limit.interval), string.format('(%.3f', turn + limit.interval),
      'WITHSCORES', 'LIMIT', 0, 1)
    if not near[2] then return turn end
    turn = math.ceil(tonumber(near[2]) + limit.interval)
  end
end

-- The first turn that suits all rates, and the limit that puts it off most.
local function common_turn(found)
  local turn, slowest = now, nil
  repeat
    local before = turn
    for _, limit in ipairs(found) do
      if limit.interval then
        local own = next_turn(limit, turn)
        if own > turn then turn, slowest = own, limit end
      end
    end
  until turn == before or turn > now + HORIZON
  return turn, slowest
end

local function take_turn(limit, turn, id)
  local tat, ahead = tat_of(limit), P .. 'ahead:' .. limit.scope
  if turn - math.max(now, tat - limit.tolerance) >= limit.interval then
    -- Another limit of the job puts it off: this one books the turn, and leaves what is before it to other jobs.
    redis.call('ZADD', ahead, turn, id)
  else
    tat = math.max(tat, turn - 1) + limit.interval -- turns are whole ms, rounded up; the schedule is not
    redis.call('SET', P .. 'rate:' .. limit.scope, string.format('%.3f', tat),
      'PX', math.ceil(math.max(0, tat - now) + limit.tolerance) + 1000)
  end
  redis.call('ZREMRANGEBYSCORE', ahead, '-inf', now - limit.interval)
end

-- Nil and the job's turn; or the limit that stops it. What stands in a line goes before any newcomer: for slots by
-- itself, since a slot is granted in the moment in which it falls free; for turns by the rule here.
local function obstacle(job, found, in_turn)
  local newcomer = job.l == ''
  for _, limit in ipairs(found) do
    if not has_room(limit, job) then return limit end
    if newcomer and limit.interval and redis.call('EXISTS', P .. 'line:' .. limit.scope) == 1 then return limit end
  end
  if in_turn then return nil, in_turn end
  local turn, slowest = common_turn(found)
  if turn > now + HORIZON then return slowest end
  return nil, turn
end

local function stand_in_line(job, limit)
  redis.call('SADD', P .. 'lines', limit.scope)
  leave(job)
  redis.call('ZADD', P .. 'line:' .. limit.scope, job.d, job.id)
  job.l = string.sub(limit.scope, 1, 1)
  amend(job, 'l', job.l)
end

local function grant(job, found, turn)
  for _, limit in ipairs(found) do
    redis.call('ZADD', P .. 'grants:' .. limit.scope, turn + ARRIVAL, job.id)
    redis.call('ZREMRANGEBYSCORE', P .. 'grants:' .. limit.scope, '-inf', now)
    if limit.interval then take_turn(limit, turn, job.id) end
  end
  job.l = tostring(turn)
  amend(job, 'l', job.l)
end

-- Let those out of a line who may start, oldest first; each has a new life, whose message is to be published.
local function let_out(scope, released, most)
  local line = P .. 'line:' .. scope
  for _ = 1, most do
    local id = redis.call('ZRANGE', line, 0, 0)[1]
    if not id then return end
    local job = load(id)
    if not job or job.l ~= string.sub(scope, 1, 1) then
      redis.call('ZREM', line, id)
    else
      local found = limits_of(job)
      -- A paused queue's job takes no slot while it cannot start. It asks again when its message is claimed.
      if redis.call('HGET', P .. 'queue:' .. job.q, 'paused') == '1' then found = {} end
      local stop, turn = obstacle(job, found)
      if stop and stop.scope == scope then return end
      if stop then
        stand_in_line(job, stop)
      else
        leave(job)
        if #found > 0 then grant(job, found, turn) end
        local epoch = job.e + 1
        amend(job, 'e', epoch)
        await_message(job, epoch)
        released[#released + 1] = { id, epoch }
      end
    end
  end
end

local function let_out_after(job, released)
  for _, limit in ipairs(limits_of(job)) do let_out(limit.scope, released, 8) end
end
