-- number of firings; then names. Answers now; then per schedule that is there: packed, since when, due, paused by (nil:
-- it is not), since when, last declared, and its firings, each with its job's state, begin and end.
local answer = { now }

local function outcome(name, id)
  if id == '' then return '', '', '' end
  local job = redis.call('HMGET', P .. 'job:' .. id, 's', 'b', 'f')
  if job[1] then return job[1], job[2] or '', job[3] or '' end
  local ended = redis.call('HGET', P .. 'ended:' .. name, id)
  if ended then return string.match(ended, '^(%S*) (%S*) (%S*)$') end
  return '', '', ''
end

for i = 2, #ARGV do
  local name = ARGV[i]
  local known = redis.call('HMGET', P .. 'schedule:' .. name, 'def', 'at', 'due', 'paused', 'paused_at')
  if known[1] then
    local firings = {}
    if tonumber(ARGV[1]) > 0 then
      for _, packed in ipairs(redis.call('LRANGE', P .. 'firings:' .. name, 0, ARGV[1] - 1)) do
        firings[#firings + 1] = { packed, outcome(name, cjson.decode(packed)[4]) }
      end
    end
    known[#known + 1] = redis.call('ZSCORE', P .. 'declared', name)
    known[#known + 1] = firings
    answer[#answer + 1] = known
  end
end
return answer
