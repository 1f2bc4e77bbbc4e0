-- Unique keys. A job holds its own until it ends (`u` in its hash), or for a time (`ut`), which may be longer than its
-- record is kept.
local function note_key(fields, unique, unique_for)
  with(fields, unique_for == '' and 'u' or 'ut', unique)
end

-- `time`: ms; '': until the job ends.
local function hold_key(unique, id, time, ...)
  if unique == '' then return end
  if time == '' then
    redis.call('SET', P .. 'uniq:' .. unique, id, ...)
  elseif tonumber(time) > 0 then
    redis.call('SET', P .. 'uniq:' .. unique, id, 'PX', time, ...)
  end
end
