-- with: finish remove
-- limit, retention of succeeded, failed, cancelled (ms).
-- Answers how many entries it went through; fewer than the limit: there are no more.
local limit = tonumber(ARGV[1])
local KEEP = { succeeded = ARGV[2], failed = ARGV[3], cancelled = ARGV[4] }
local DAY = 86400000 -- that the id of a dead worker is remembered, so that it is told when it comes back
local looked = 0

local function trim(id)
  local job = load(id)
  if not job or not FINISHED[job.s] then return end -- discarded or replayed meanwhile
  local retention = tonumber(job.r ~= '' and job.r or KEEP[job.s])
  if retention < 0 then return end
  if job.f + retention > now then
    -- It ended once more since it was put on this list, or retention is longer now.
    keep_for(id, job.f, retention)
    return
  end
  remove(job, job.f)
end

redis.call('ZREMRANGEBYSCORE', P .. 'workers', '-inf', now - DAY)
for _, ends in ipairs(redis.call('ZRANGEBYSCORE', P .. 'trim', '-inf', now, 'LIMIT', 0, limit)) do
  local list = P .. 'trim:' .. ends
  while looked < limit do
    local id = redis.call('LPOP', list)
    if not id then
      redis.call('ZREM', P .. 'trim', ends)
      break
    end
    looked = looked + 1
    trim(id)
  end
end
count_transitions()
return looked
