-- group; then names and values of fields, an empty value for a field to be removed; 'in <ms>' is that far from now.
-- Answers 1, or 0 where there is no such group.
local key = P .. 'group:' .. ARGV[1]
if redis.call('EXISTS', key) == 0 then return 0 end
for i = 2, #ARGV, 2 do
  local name, value = ARGV[i], ARGV[i + 1]
  local ahead = string.match(value, '^in (%d+)$')
  if (name == 'muted' or name == 'note_at') and ahead then value = now + tonumber(ahead) end
  if value == '' then
    redis.call('HDEL', key, name)
  else
    redis.call('HSET', key, name, value)
  end
end
seq = 1
count_transitions()
return 1
