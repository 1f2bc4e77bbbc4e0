-- scope, '<concurrent> <rate> <per, ms> <burst>' (0: none; '': no limit; '-': as it is declared), by whom.
--
-- A limit that an operator has fixed bears a date that no declaration is later than. Once it is freed nothing is known of
-- the scope, and the next who declares again, within seconds, puts in force what the code says.
local FAR = '9007199254740991'
local scope, limit, by = unpack(ARGV)
if limit == '-' then
  redis.call('HDEL', P .. 'limits', scope)
  redis.call('HDEL', P .. 'fixed', scope)
else
  redis.call('HSET', P .. 'limits', scope, FAR .. ' ' .. limit)
  redis.call('HSET', P .. 'fixed', scope, by)
end
-- Turns that lie far ahead by a slow rate mean nothing to a faster one.
redis.call('DEL', P .. 'rate:' .. scope, P .. 'ahead:' .. scope)
redis.call('INCR', P .. 'seq')
return 1
