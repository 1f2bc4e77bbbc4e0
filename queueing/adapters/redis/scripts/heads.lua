-- with: place present
-- newer, '', least score, greatest score, score and id of the cursor (all as in `page.lua`), how many states, state…, lane
-- (`<queue>:<type>`)….
-- Answers {some the other way, {number of the lane, of the state, id, score}…}: of each list what a page takes first.
local FEW = 8
local from, to = least, greatest
if score ~= '' and upwards and tonumber(score) > (tonumber(least) or -math.huge) then from = score end
if score ~= '' and not upwards and tonumber(score) < (tonumber(greatest) or math.huge) then to = score end
local whole = from == '-inf' and to == '+inf'
local place = tonumber(score)
local other = score == '' -- nobody asks
local answers = { 0 }

local function first_of(key, count)
  if whole then return redis.call('ZRANGE', key, upwards and 0 or -count, upwards and count - 1 or -1, 'WITHSCORES') end
  if upwards then return redis.call('ZRANGEBYSCORE', key, from, to, 'WITHSCORES', 'LIMIT', 0, count) end
  return redis.call('ZREVRANGEBYSCORE', key, to, from, 'WITHSCORES', 'LIMIT', 0, count)
end

-- By the cursor's place among equals; and whether anything is behind it.
local function opened(key)
  local lane = open(key)
  if not lane then return {} end
  if lane.other then
    other = true
    answers[1] = 1
  end
  if lane.at < lane.bottom or lane.at > lane.top then return {} end
  return redis.call('ZRANGE', key, lane.at, lane.at, 'WITHSCORES')
end

-- The list has members of the cursor's own score. Most often there are few.
local function past_equals(key)
  local some = first_of(key, FEW)
  for i = 1, #some, 2 do
    local id = some[i]
    local past = tonumber(some[i + 1]) ~= place
    if not past and id ~= cursor then past = below(id, cursor) ~= upwards end
    if past then return { id, some[i + 1] } end
  end
  return #some < 2 * FEW and {} or opened(key)
end

present(8, tonumber(ARGV[7]), function(at, state, key)
  local head
  if not other then
    head = opened(key)
  else
    head = first_of(key, 1)
    if head[1] and tonumber(head[2]) == place then head = past_equals(key) end
  end
  if head[1] then answers[#answers + 1] = { at, state, head[1], head[2] } end
end)
return answers
