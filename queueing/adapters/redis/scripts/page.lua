-- with: row place
-- newer (1: upwards from the cursor, oldest first; 0: downwards, newest first), limit, least score, greatest score,
-- score and id of the cursor ('' for the end from which the direction starts), how many fields (0: ids only), field…,
-- lane….
-- Answers {more that way, some the other way, {id, score, row}…}.
--
-- All lanes of a filter are one list, in the order of (score, id). Many jobs may share a score (a thousand jobs that are
-- due at nine), so a cursor's place among equals is found by bisection: no page depends on how many jobs there are.
local limit = tonumber(ARGV[2])
local width = tonumber(ARGV[7])
local fields = take(8, width)
local lanes = {} -- a heap: the lane with the next member comes first
local CHUNK = math.max(2, math.min(16, math.ceil(2 * limit / (#ARGV - 7 - width))))

-- Let lane.id and lane.score be its next member; nil where there is none.
local function advance(lane)
  if not lane.heads or lane.head < 1 or lane.head > #lane.heads then
    if lane.at < lane.bottom or lane.at > lane.top then
      lane.id = nil
      return
    end
    local low = upwards and lane.at or math.max(lane.bottom, lane.at - CHUNK + 1)
    local high = upwards and math.min(lane.top, lane.at + CHUNK - 1) or lane.at
    lane.heads = redis.call('ZRANGE', lane.key, low, high, 'WITHSCORES')
    lane.head = upwards and 1 or #lane.heads - 1
    lane.at = upwards and high + 1 or low - 1
  end
  lane.id, lane.score = lane.heads[lane.head], lane.heads[lane.head + 1]
  lane.number = tonumber(lane.score)
  lane.head = lane.head + (upwards and 2 or -2)
end

local function comes_before(one, two)
  if one.number ~= two.number then return upwards == (one.number < two.number) end
  return one.id ~= two.id and upwards == below(one.id, two.id)
end

-- Restore the heap below `at`, where something came to lie that may belong deeper.
local function sink(at)
  local lane = lanes[at]
  while true do
    local child = 2 * at
    if child < #lanes and comes_before(lanes[child + 1], lanes[child]) then child = child + 1 end
    if child > #lanes or not comes_before(lanes[child], lane) then break end
    lanes[at], at = lanes[child], child
  end
  lanes[at] = lane
end

local other = 0
for i = 8 + width, #ARGV do
  local lane = open(ARGV[i])
  if lane then
    if lane.other then other = 1 end
    advance(lane)
    if lane.id then lanes[#lanes + 1] = lane end
  end
end
for at = math.floor(#lanes / 2), 1, -1 do sink(at) end

local answers = { 0, other }
while lanes[1] and #answers < limit + 2 do
  local lane = lanes[1]
  answers[#answers + 1] = { lane.id, lane.score, width > 0 and row(lane.id, fields) or false }
  advance(lane)
  if not lane.id then
    lanes[1] = lanes[#lanes]
    lanes[#lanes] = nil
  end
  if lanes[1] then sink(1) end
end
if lanes[1] then answers[1] = 1 end
return answers
