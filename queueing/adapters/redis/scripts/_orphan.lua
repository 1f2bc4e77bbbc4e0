-- Whether nobody runs a running job, and its message will not come back by itself.
local function seen(worker)
  return tonumber(redis.call('ZSCORE', P .. 'workers', worker))
end

-- The field `id` as msgpack writes it, its length before it: an id such as "7" is a part of many a text.
local function field_id(id)
  local length = string.char(160 + math.min(#id, 31))
  if #id > 31 then length = '\217' .. string.char(math.min(#id, 255)) end
  if #id > 255 then length = '\218' .. string.char(math.floor(#id / 256), #id % 256) end
  return '\162id' .. length .. id
end

-- A Redis that lost its last second (a power cut, a failover) has jobs running that their worker ended in that second.
-- What a worker runs it names at each beat, so what it does not name, long after it took it, it does not run.
local function names(worker, id)
  local status = redis.call('GET', P .. 'status:' .. worker)
  return not status or string.find(status, field_id(id), 1, true) ~= nil
end

local function orphaned(id, patience)
  local holder = redis.call('HMGET', P .. 'job:' .. id, 'w', 'b')
  local worker, began = holder[1] or '', tonumber(holder[2] or 0)
  if holds(worker, began) then
    return began < (seen(worker) or 0) - patience and not names(worker, id)
  end
  return (life(worker) or seen(worker) or began) <= now - patience
end
