-- Where a page starts, and what of a lane lies on either side of it. ARGV: newer, anything, least score, greatest score,
-- score and id of the cursor; see `page.lua`.
local upwards = ARGV[1] == '1'
local least, greatest, score, cursor = ARGV[3], ARGV[4], ARGV[5], ARGV[6]

-- Lua compares strings by the locale of the server; the index compares bytes.
local function below(a, b)
  local at, shorter = 1, math.min(#a, #b)
  while at <= shorter and string.sub(a, at, at + 7) == string.sub(b, at, at + 7) do at = at + 8 end
  for i = at, math.min(shorter, at + 7) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- How many members of the lane come before the cursor, and whether the cursor itself is in it.
local function rank_of_cursor(key)
  local low = redis.call('ZCOUNT', key, '-inf', '(' .. score)
  local high = low + redis.call('ZCOUNT', key, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if below(redis.call('ZRANGE', key, middle, middle)[1], cursor) then low = middle + 1 else high = middle end
  end
  return low, redis.call('ZRANGE', key, low, low)[1] == cursor
end

local function open(key)
  local bottom = least == '-inf' and 0 or redis.call('ZCOUNT', key, '-inf', '(' .. least)
  local size = least == '-inf' and greatest == '+inf' and redis.call('ZCARD', key)
  local top = bottom + (size or redis.call('ZCOUNT', key, least, greatest)) - 1 -- ranks of the filter's span
  if top < bottom then return nil end
  local lane = { key = key, bottom = bottom, top = top, other = false, at = upwards and bottom or top }
  if score ~= '' then
    local rank, inside = rank_of_cursor(key)
    lane.other = upwards and rank > bottom or not upwards and rank <= top or inside
    lane.at = upwards and math.max(bottom, inside and rank + 1 or rank) or math.min(top, rank - 1)
  end
  return lane
end
