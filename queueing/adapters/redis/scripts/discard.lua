-- with: remove act
-- receipt, moment; then ids.

-- Who discards a job does not want to hear of it again. (Trimming leaves the key.)
local function free_key(job)
  local unique = redis.call('HGET', P .. 'job:' .. job.id, 'ut')
  if unique and redis.call('GET', P .. 'uniq:' .. unique) == job.id then redis.call('DEL', P .. 'uniq:' .. unique) end
end

return for_each(3, function(job)
  if not FINISHED[job.s] then return job.s end
  free_key(job)
  remove(job, job.f)
end)
