-- limit. Answers how many became queued. Their messages come home from the delay ladder by themselves.
local limit, done = tonumber(ARGV[1]), 0
for _, member in ipairs(redis.call('SMEMBERS', P .. 'lanes')) do
  for _, state in ipairs({ 'scheduled', 'retrying' }) do
    if done >= limit then break end
    local due = redis.call('ZRANGEBYSCORE', P .. 'lane:' .. member .. ':' .. state, '-inf', now, 'LIMIT', 0, limit - done)
    for _, id in ipairs(due) do
      local job = load(id)
      if job then
        become(job, 'queued', job.d)
        done = done + 1
      end
    end
  end
end
count_transitions()
return done
