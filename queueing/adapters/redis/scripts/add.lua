-- with: create unique add
-- Per job what add() takes; answers what it does.
local answers = {}

for i = 1, #ARGV, PER_JOB do
  answers[#answers + 1] = add(unpack(ARGV, i, i + PER_JOB - 1))
end
count_transitions()
return answers
