-- with: limits
-- limit. Answers id and epoch of each job that was let out of a line.
--
-- The end of a job lets the next one out by itself. This is for all that ends no job: time, a raised limit, a lost
-- worker, a grant that was not taken up.
local limit, released = tonumber(ARGV[1]), {}
for _, scope in ipairs(redis.call('SMEMBERS', P .. 'lines')) do
  if redis.call('EXISTS', P .. 'line:' .. scope) == 0 then
    redis.call('SREM', P .. 'lines', scope)
  elseif #released < limit then
    let_out(scope, released, limit - #released)
  end
end
count_transitions()
return released
