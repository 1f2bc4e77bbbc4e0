-- A finished job starts afresh: nothing of its last life shows.
local function forget_last_life(id)
  redis.call('HDEL', P .. 'job:' .. id, 'b', 'f', 'w', 'k', 'p', 'o', 'ek', 'em', 'x', 'z')
  redis.call('DEL', P .. 'out:' .. id)
end

-- It is unique again until it ends. False: another job has its key.
local function retake_key(job)
  if job.u == '' then return true end
  local key = P .. 'uniq:' .. job.u
  return redis.call('SET', key, job.id, 'NX') or redis.call('GET', key) == job.id
end
