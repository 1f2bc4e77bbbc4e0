-- with: act
-- receipt, moment, note; then ids.
return for_each(4, function(job)
  if job.s ~= 'scheduled' and job.s ~= 'retrying' then return job.s end
  local epoch = job.e + 1
  become(job, 'queued', now, 'e', epoch, 'd', now, 'n', ARGV[3])
  await_message(job, epoch)
end)
