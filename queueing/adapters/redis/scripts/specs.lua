-- with: row
-- how many fields, field…, id…. Answers {row, spec} per id, or nil.
local width = tonumber(ARGV[1])
local fields, answers = take(2, width), {}
for i = width + 2, #ARGV do
  local id = ARGV[i]
  local found = row(id, fields)
  answers[#answers + 1] = found and { found, spec_of(id) }
end
return answers
