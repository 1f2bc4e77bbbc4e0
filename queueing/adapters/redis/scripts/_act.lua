-- An operator's act on each of ARGV[first…], which are ids. ARGV[1] names a receipt, ARGV[2] is a moment (ms); both may
-- be empty. Answers per id: {done, epoch, state, reason, queue}, or {0} where there is no such job.
--
-- A receipt keeps the answers for a day. The same call again, by whoever goes on after a crash, is answered from it and
-- does nothing: no job is treated twice, and what became of each is known.
local DAY = 86400
local receipt = ARGV[1] ~= '' and P .. 'receipt:' .. ARGV[1]
local moment = tonumber(ARGV[2]) or math.huge

local function answered_before()
  local kept = receipt and redis.call('LRANGE', receipt, 0, -1) or {}
  for i, line in ipairs(kept) do
    local done, epoch, state, reason, queue = string.match(line, '^(%d)\n(%d+)\n(%a+)\n(%a*)\n(.*)$')
    kept[i] = done and { tonumber(done), tonumber(epoch), state, reason, queue } or { 0 }
  end
  return #kept > 0 and kept
end

local function keep(answers)
  if not receipt or #answers == 0 then return end
  local lines = {}
  for i, answer in ipairs(answers) do lines[i] = table.concat(answer, '\n') end
  redis.call('RPUSH', receipt, unpack(lines))
  redis.call('EXPIRE', receipt, DAY)
end

local function for_each(first, act)
  local answers = answered_before()
  if answers then return answers end
  answers = {}
  for i = first, #ARGV do
    local job = load(ARGV[i])
    if job then
      local ended_since = FINISHED[job.s] and job.f > moment
      local reason = ended_since and 'since' or act(job)
      answers[#answers + 1] = { reason and 0 or 1, job.e, job.s, reason or '', job.q }
    else
      answers[#answers + 1] = { 0 }
    end
  end
  keep(answers)
  count_transitions()
  return answers
end
