-- Per report: id, token, progress (''), lines, line…
-- Answers per report: 1 where the job's cancellation was asked for, else 0.
local function report(at, lines)
  local id, token, progress = unpack(ARGV, at, at + 2)
  local job = load(id)
  if not job or job.s ~= 'running' or job.k ~= token then return 0 end
  if progress ~= '' then amend(job, 'p', progress) else amend(job) end
  if lines > 0 then
    local key = P .. 'log:' .. id
    redis.call('RPUSH', key, unpack(ARGV, at + 4, at + 3 + lines))
    redis.call('LTRIM', key, -500, -1)
  end
  return job.x and 1 or 0
end

local answers, at = {}, 1
while at <= #ARGV do
  local lines = tonumber(ARGV[at + 3])
  answers[#answers + 1] = report(at, lines)
  at = at + 4 + lines
end
count_transitions()
return answers
