-- with: row
-- most bytes, id…. Answers the spec of each, or nil, until those bytes are together: payloads may be large. Whoever asks
-- goes on behind what was answered.
local most, answers, size = tonumber(ARGV[1]), {}, 0
for i = 2, #ARGV do
  local spec = spec_of(ARGV[i])
  answers[#answers + 1] = spec or false
  size = size + (spec and #spec or 0)
  if size >= most then break end
end
return answers
