-- Most lanes have no job in most states. To ask whether any of some lists is there takes as long as to ask for one.
local TOGETHER = 16

-- visit(number of the lane, number of the state, key) for what may be there: of `width` states, which begin at ARGV[first],
-- and of the lanes (`<queue>:<type>`) after them.
local function present(first, width, visit)
  local before = first + width - 1
  for state = 1, width do
    for from = before + 1, #ARGV, TOGETHER do
      local keys = {}
      for i = from, math.min(#ARGV, from + TOGETHER - 1) do
        keys[#keys + 1] = P .. 'lane:' .. ARGV[i] .. ':' .. ARGV[first + state - 1]
      end
      if redis.call('EXISTS', unpack(keys)) > 0 then
        for i, key in ipairs(keys) do visit(from - before + i - 1, state, key) end
      end
    end
  end
end
