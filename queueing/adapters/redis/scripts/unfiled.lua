-- limit. Answers {since, until, {id, type, queue, failed at, error kind, start of its message, fingerprint or ''}…}
local limit = tonumber(ARGV[1])
-- More jobs may still fail in this very millisecond.
local last = now - 1
local since = tonumber(redis.call('GET', P .. 'filed') or 0)
local from = math.min(since, last) -- the clock may have been set back
local lanes = redis.call('SMEMBERS', P .. 'lanes')

local function failed(member, to, ...)
  return redis.call('ZRANGEBYSCORE', P .. 'lane:' .. member .. ':failed', '(' .. from, to, 'WITHSCORES', ...)
end

local times = {}
for _, member in ipairs(lanes) do
  local found = failed(member, last, 'LIMIT', 0, limit)
  for i = 2, #found, 2 do times[#times + 1] = tonumber(found[i]) end
end
if #times == 0 then return { since, last } end
table.sort(times)
-- All that share the last one's moment come along, or the next call would begin behind them.
local to = times[math.min(limit, #times)]

-- That of the attempt which made it fail. What failed without one, or in a script, has none.
local function fingerprint(id, epoch)
  local entry = redis.call('LINDEX', P .. 'attempts:' .. id, -1)
  if not entry then return '' end
  local of = string.match(entry, '^%[%d+,(%d+),"[^"]*",%d+,%d+,"failed"')
  -- A failure raises the epoch. Inside a JSON string a quote has a backslash before it, never a comma.
  if not of or tonumber(of) ~= epoch - 1 then return '' end
  return string.match(entry, ',"(%x+)",%[') or ''
end

local answer = { since, to }
for _, member in ipairs(lanes) do
  local found = failed(member, to)
  for i = 1, #found, 2 do
    local id = found[i]
    local h = redis.call('HMGET', P .. 'job:' .. id, 't', 'q', 'ek', 'em', 'e')
    if h[1] then
      answer[#answer + 1] = { id, h[1], h[2], found[i + 1], h[3] or '', h[4] or '', fingerprint(id, tonumber(h[5])) }
    end
  end
end
return answer
