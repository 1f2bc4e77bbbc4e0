-- with: finish lost rescue
-- limit, retention of failed. Answers id and epoch of each job.
local limit, keep_failed = tonumber(ARGV[1]), ARGV[2]
local answers = {}

local function recall_from(worker)
  local returned = P .. 'returned:' .. worker
  for _, id in ipairs(redis.call('ZRANGE', returned, 0, limit - #answers - 1)) do
    redis.call('ZREM', returned, id)
    local job = load(id)
    if job and job.s == 'running' and job.w == worker then answers[#answers + 1] = rescue(job, keep_failed) end
  end
end

for _, worker in ipairs(redis.call('SMEMBERS', P .. 'returned')) do
  if redis.call('EXISTS', P .. 'returned:' .. worker) == 0 then
    redis.call('SREM', P .. 'returned', worker)
  elseif not life(worker) and #answers < limit then
    recall_from(worker)
  end
end
count_transitions()
return answers
