-- with: remove act
-- ids.
return for_each(1, function(job)
  if not FINISHED[job.s] then return job.s end
  remove(job, job.f)
end)
