-- with: present
-- how many states, state…, lane…. Answers {count per state…} per lane.
local width = tonumber(ARGV[1])
local answers = {}
for at = 1, #ARGV - width - 1 do
  local counts = {}
  for state = 1, width do counts[state] = 0 end
  answers[at] = counts
end
present(2, width, function(at, state, key) answers[at][state] = redis.call('ZCARD', key) end)
return answers
