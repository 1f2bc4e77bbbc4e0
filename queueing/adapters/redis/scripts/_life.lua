-- A finished job starts afresh: nothing of its last life shows.
local function forget_last_life(id)
  redis.call('HDEL', P .. 'job:' .. id, 'b', 'f', 'w', 'k', 'p', 'o', 'ek', 'em', 'x')
  redis.call('DEL', P .. 'out:' .. id)
end
