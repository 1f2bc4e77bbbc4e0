-- worker, ttl. Answers 1 for the leader.
local key = P .. 'leader'
local leader = redis.call('GET', key)
if leader and leader ~= ARGV[1] then return 0 end
redis.call('DEL', key) -- a first write that frees memory: a full Redis needs a leader most, to trim
redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
return 1
