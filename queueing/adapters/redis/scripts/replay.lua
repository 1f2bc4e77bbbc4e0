-- with: finish lost life expiry act
-- receipt, moment, note, comebacks that are too many ('': none are); then ids.

-- The last attempt of a job that succeeded is kept in its hash only; now the hash starts afresh.
local function keep_attempt(job)
  if job.s ~= 'succeeded' or job.w == '' then return end
  record_attempt(job, 'succeeded', job.f, '', '')
end

-- From failed: the kind of error that is replayed is kept, so that the next end can be compared with it.
local function queue_again(job, epoch)
  if job.s == 'failed' then
    become(job, 'queued', now, 'e', epoch, 'a', 0, 'd', now, 'n', ARGV[3], 'rk', job.ek)
  else
    become(job, 'queued', now, 'e', epoch, 'a', 0, 'd', now, 'n', ARGV[3])
    redis.call('HDEL', P .. 'job:' .. job.id, 'rk', 'rb')
  end
end

local too_many = tonumber(ARGV[4]) or math.huge

local function comes_back(job)
  return job.s == 'failed' and tonumber(redis.call('HGET', P .. 'job:' .. job.id, 'rb') or 0) >= too_many
end

return for_each(5, function(job)
  if not FINISHED[job.s] then return job.s end
  if comes_back(job) then return 'comeback' end
  if not retake_key(job) then return 'unique' end
  keep_attempt(job)
  local epoch = job.e + 1
  queue_again(job, epoch)
  forget_last_life(job.id)
  waive_expiry(job)
  await_message(job, epoch)
end)
