-- with: lost life act
-- note; then ids.

-- The last attempt of a job that succeeded is kept in its hash only; now the hash starts afresh.
local function keep_attempt(job)
  if job.s ~= 'succeeded' or job.w == '' then return end
  record_attempt(job, 'succeeded', job.f, '', '')
end

return for_each(2, function(job)
  if not FINISHED[job.s] then return job.s end
  local unique = job.u ~= '' and P .. 'uniq:' .. job.u
  if unique and not redis.call('SET', unique, job.id, 'NX') and redis.call('GET', unique) ~= job.id then
    return 'unique'
  end
  keep_attempt(job)
  local epoch = job.e + 1
  become(job, 'queued', now, 'e', epoch, 'a', 0, 'd', now, 'n', ARGV[1])
  forget_last_life(job.id)
  await_message(job, epoch)
end)
