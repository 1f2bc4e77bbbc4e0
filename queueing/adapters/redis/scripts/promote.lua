-- limit; then lanes. Answers how many became queued. Their messages come home from the delay ladder by themselves.
local limit, done = tonumber(ARGV[1]), 0

local function promote(id, key)
  local job = load(id)
  if job then become(job, 'queued', job.d) else redis.call('ZREM', key, id) end
  done = done + 1
end

for i = 2, #ARGV do
  for _, state in ipairs({ 'scheduled', 'retrying' }) do
    if done >= limit then break end
    local key = P .. 'lane:' .. ARGV[i] .. ':' .. state
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, limit - done)) do
      promote(id, key)
    end
  end
end
count_transitions()
return done
