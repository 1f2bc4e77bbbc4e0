-- with: finish lost orphan rescue
-- ms since the worker was last seen, retention of failed; then ids that were found orphaned.
-- Answers id and epoch of each rescued job.
local patience, keep_failed = tonumber(ARGV[1]), ARGV[2]
local answers = {}

for i = 3, #ARGV do
  local job = load(ARGV[i])
  -- Looked at again: since it was found, it may have ended, or been claimed anew.
  if job and job.s == 'running' and orphaned(job.id, patience) then
    answers[#answers + 1] = rescue(job, keep_failed)
  end
end
count_transitions()
return answers
