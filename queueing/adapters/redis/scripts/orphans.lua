-- with: lost orphan
-- ms since the worker was last seen; then per span of a lane of running jobs: its key, first rank, last rank.
-- Answers the ids of jobs whose worker is gone.
local answers = {}
for i = 2, #ARGV, 3 do
  for _, id in ipairs(redis.call('ZRANGE', ARGV[i], ARGV[i + 1], ARGV[i + 2])) do
    if orphaned(id, tonumber(ARGV[1])) then answers[#answers + 1] = id end
  end
end
return answers
