-- how many states, state…, lane…. Answers {count per state…} per lane.
local width = tonumber(ARGV[1])
local answers = {}
for i = width + 2, #ARGV do
  local counts = {}
  for at = 1, width do
    counts[at] = redis.call('ZCARD', P .. 'lane:' .. ARGV[i] .. ':' .. ARGV[at + 1])
  end
  answers[#answers + 1] = counts
end
return answers
