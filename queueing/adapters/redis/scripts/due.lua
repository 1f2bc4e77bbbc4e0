-- how many states, how many bounds, state…, bound (ms from now)…, lane…. Answers per state, over all lanes together:
-- how many are due before the first bound, from each until before the next, from the last on.
local states, bounds = tonumber(ARGV[1]), tonumber(ARGV[2])
local answers = {}
for s = 1, states do
  local counts = {}
  for b = 1, bounds + 1 do counts[b] = 0 end
  for i = 3 + states + bounds, #ARGV do
    local key = P .. 'lane:' .. ARGV[i] .. ':' .. ARGV[2 + s]
    local all, below = redis.call('ZCARD', key), 0
    for b = 1, all > 0 and bounds or 0 do
      local upto = redis.call('ZCOUNT', key, '-inf', '(' .. string.format('%.0f', now + ARGV[2 + states + b]))
      counts[b] = counts[b] + upto - below
      below = upto
    end
    counts[bounds + 1] = counts[bounds + 1] + all - below
  end
  answers[s] = counts
end
return answers
