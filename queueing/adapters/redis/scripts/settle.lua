-- with: finish limits
-- Retention of succeeded, failed, cancelled (ms); then per settlement:
-- id, token, outcome, delay (ms), short result, long result, error kind, error message, note, attempt, lines, line…
-- Answers per settlement: {epoch, due or 0, {id, epoch} of each job that was let out of a line…}, or nil.
local KEEP = { succeeded = ARGV[1], failed = ARGV[2], cancelled = ARGV[3] }

local function answer(job)
  return { job.e, (job.s == 'queued' or job.s == 'retrying') and job.d or 0 }
end

local function write_trace(id, attempt, at, lines)
  if attempt ~= '' then
    local key = P .. 'attempts:' .. id
    redis.call('RPUSH', key, attempt)
    redis.call('LTRIM', key, -50, -1)
  end
  if lines > 0 then
    local key = P .. 'log:' .. id
    redis.call('RPUSH', key, unpack(ARGV, at, at + lines - 1))
    redis.call('LTRIM', key, -500, -1)
  end
end

local function settle(at, lines)
  local id, token, outcome, delay, short, long, kind, message, note, attempt = unpack(ARGV, at, at + 9)
  local job = load(id)
  if not job or token == '' or job.k ~= token then return false end
  if job.s ~= 'running' then
    -- The same settlement again, after its answer was lost: written once, answered twice.
    return job.s == outcome and answer(job) or false
  end
  local fields = {}
  local function set(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  if note ~= '' then set('n', note) end
  if job.z > 0 then set('z', 0) end
  if outcome == 'succeeded' then
    if job.ek ~= '' then set('ek', ''); set('em', '') end
    if short ~= '' then set('o', short) end
    finish(job, outcome, KEEP.succeeded, unpack(fields))
  elseif outcome == 'cancelled' then
    finish(job, outcome, KEEP.cancelled, unpack(fields))
  else
    local epoch = job.e + 1
    set('e', epoch)
    if kind ~= '' then set('ek', kind); set('em', message) end
    if outcome == 'failed' then
      finish(job, outcome, KEEP.failed, unpack(fields))
    else
      job.d = now + delay
      set('d', job.d)
      if outcome == 'queued' then set('a', math.max(0, job.a - 1)) end
      become(job, outcome, job.d, unpack(fields))
    end
    await_message(job, epoch)
  end
  if long ~= '' then redis.call('SET', P .. 'out:' .. id, long) end
  write_trace(id, attempt, at + 11, lines)
  local told = answer(job)
  let_out_after(job, told)
  return told
end

local answers, at = {}, 4
while at <= #ARGV do
  local lines = tonumber(ARGV[at + 10])
  answers[#answers + 1] = settle(at, lines)
  at = at + 11 + lines
end
count_transitions()
return answers
