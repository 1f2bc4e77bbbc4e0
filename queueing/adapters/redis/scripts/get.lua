-- with: row
-- id, fields…. Answers {row, short result, spec, out, attempts, log, group}, or nil. One script, so that they fit together.
local id = ARGV[1]
local found = row(id, take(2, #ARGV - 1))
if not found then return false end
return {
  found,
  redis.call('HGET', P .. 'job:' .. id, 'o'),
  spec_of(id),
  redis.call('GET', P .. 'out:' .. id),
  redis.call('LRANGE', P .. 'attempts:' .. id, 0, -1),
  redis.call('LRANGE', P .. 'log:' .. id, 0, -1),
  redis.call('HGET', P .. 'job:' .. id, 'gr'),
}
