-- with: finish act
-- receipt, moment, note, retention of cancelled; then ids.
return for_each(5, function(job)
  if FINISHED[job.s] then return job.s end
  if job.s == 'running' then
    amend(job, 'x', 1, 'n', ARGV[3])
    local commands = P .. 'commands:' .. job.w
    redis.call('RPUSH', commands, 'cancel ' .. job.id)
    redis.call('LTRIM', commands, -1000, -1)
    redis.call('EXPIRE', commands, 3600)
    return
  end
  local old = job.e
  finish(job, 'cancelled', ARGV[4], 'e', old + 1, 'n', ARGV[3])
  job.e = old + 1
  redis.call('ZREM', P .. 'outbox', job.id .. ':' .. old)
end)
