-- with: remove
-- limit. Answers how many records went.
local done = 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'trim', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local job = load(id)
  if not job or not FINISHED[job.s] then
    redis.call('ZREM', P .. 'trim', id)
  elseif remove(job) then
    done = done + 1
  end
end
return done
