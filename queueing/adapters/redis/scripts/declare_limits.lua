-- when they were first declared ('': now); then per limit: scope, '<concurrent> <rate> <per, ms> <burst>' (0: none; '':
-- no limit). Answers when they were first declared.
--
-- The last who starts wins. One who declares again, in case that Redis has lost them, overrules nobody who came later;
-- so a limit that goes leaves a mark of when it went.
local since = ARGV[1] ~= '' and tonumber(ARGV[1]) or now
for i = 2, #ARGV, 2 do
  local scope, limit = ARGV[i], ARGV[i + 1]
  local stamp, known = string.match(redis.call('HGET', P .. 'limits', scope) or '', '^(%d+) (.*)$')
  if stamp and tonumber(stamp) < since or not stamp and limit ~= '' then
    redis.call('HSET', P .. 'limits', scope, since .. ' ' .. limit)
    if known ~= limit then
      -- Turns that lie far ahead by a slow rate mean nothing to a faster one.
      redis.call('DEL', P .. 'rate:' .. scope, P .. 'ahead:' .. scope)
      redis.call('INCR', P .. 'seq')
    end
  end
end
return since
