-- An operator's act on each of ARGV[first…], which are ids.
-- Answers per id: {done, epoch, state, reason, queue}, or {0} where there is no such job.
local function for_each(first, act)
  local answers = {}
  for i = first, #ARGV do
    local job = load(ARGV[i])
    if job then
      local reason = act(job)
      answers[#answers + 1] = { reason and 0 or 1, job.e, job.s, reason or '', job.q }
    else
      answers[#answers + 1] = { 0 }
    end
  end
  count_transitions()
  return answers
end
