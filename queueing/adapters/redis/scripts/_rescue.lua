local function said_of(job)
  if not holds(job.w, job.b) then return lost_message(job) end
  return 'Redis came back from an older state, and what became of this attempt is lost: worker ' .. job.w
    .. ' does not run it any more.'
end

-- A running job that nobody runs: back to the queue, or failed where it has no attempts left.
local function rescue(job, retention)
  local spent = job.a >= job.m
  local message = said_of(job)
  record_attempt(job, spent and 'failed' or 'queued', now, LOST, message)
  if spent then
    fail(job, retention, LOST, message)
  else
    local epoch = job.e + 1
    become(job, 'queued', now, 'e', epoch, 'd', now, 'z', job.z + 1, 'ek', LOST, 'em', string.sub(message, 1, 64))
    await_message(job, epoch)
  end
  return { job.id, job.e }
end
