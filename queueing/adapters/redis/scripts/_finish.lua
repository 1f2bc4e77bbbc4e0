-- The end of a job: its retention begins, its unique key is free. `retention` is the state's own, in ms; -1: for ever.
local function finish(job, state, retention, ...)
  become(job, state, now, 'f', now, ...)
  local keep = tonumber(job.r ~= '' and job.r or retention)
  if keep >= 0 then redis.call('ZADD', P .. 'trim', now + keep, job.id) end
  if job.u ~= '' and redis.call('GET', P .. 'uniq:' .. job.u) == job.id then
    redis.call('DEL', P .. 'uniq:' .. job.u)
  end
end
