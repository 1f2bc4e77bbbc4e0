-- with: create finish
-- id, queue, type, spec, created, retention, error kind, start of its message, the whole error packed.
-- Answers 1, or 0 where there is such a job, or was one.
local id, queue, kind, spec, created, retention, error_kind, message, out = unpack(ARGV)
if load(id) or redis.call('EXISTS', P .. 'tomb:' .. id) == 1 then return 0 end
create(id, queue, kind, spec, 'failed', now, '', {
  'e', 1, 'a', 0, 'm', 1, 'c', created, 'd', now, 'f', now, 'ek', error_kind, 'em', message,
})
redis.call('SET', P .. 'out:' .. id, out)
redis.call('ZADD', P .. 'outbox', now, id .. ':1')
keep_for(id, now, tonumber(retention))
count_transitions()
return 1
