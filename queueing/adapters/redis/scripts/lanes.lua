-- state…. Answers {lane, count per state…} per lane.
local answers = {}
for _, member in ipairs(redis.call('SMEMBERS', P .. 'lanes')) do
  local counts = { member }
  for i, state in ipairs(ARGV) do
    counts[i + 1] = redis.call('ZCARD', P .. 'lane:' .. member .. ':' .. state)
  end
  answers[#answers + 1] = counts
end
return answers
