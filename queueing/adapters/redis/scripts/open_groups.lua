-- Answers how many groups hold failed jobs and are not muted.
local count = 0
for _, id in ipairs(redis.call('ZRANGE', P .. 'groups', 0, -1)) do
  if redis.call('EXISTS', P .. 'open:' .. id) == 1 then
    local muted = tonumber(redis.call('HGET', P .. 'group:' .. id, 'muted') or 0)
    if muted >= 0 and muted <= now then count = count + 1 end
  end
end
return count
