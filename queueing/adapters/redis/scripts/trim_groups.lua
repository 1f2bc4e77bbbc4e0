-- ms unseen after which a group goes, groups kept at most. Answers how many went.
local before, most = now - tonumber(ARGV[1]), tonumber(ARGV[2])
local surplus = redis.call('ZCARD', P .. 'groups') - most
local gone = 0

local function forget(id)
  redis.call('UNLINK', P .. 'group:' .. id, P .. 'open:' .. id, P .. 'trend:' .. id, P .. 'sample:' .. id)
  redis.call('ZREM', P .. 'groups', id)
  gone = gone + 1
end

if surplus > 0 then
  for _, id in ipairs(redis.call('ZRANGE', P .. 'groups', 0, surplus - 1)) do forget(id) end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'groups', '-inf', before, 'LIMIT', 0, 100)) do
  if redis.call('EXISTS', P .. 'open:' .. id) == 0 then forget(id) end
end
return gone
