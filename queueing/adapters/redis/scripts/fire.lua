-- with: create unique add schedule
-- name, by; since when it is declared so, due, next due, number of ticks left out ('' thrice and 0: fired by hand);
-- then per job: tick, and what add() takes. Answers nil where somebody was faster; else per job that was added what add()
-- does.
local name, by, at, due, next_due, missed = unpack(ARGV)
local key, firings, by_hand = schedule_key(name), P .. 'firings:' .. name, ARGV[4] == ''
local known = redis.call('HMGET', key, 'at', 'due', 'overlap', 'job', 'paused')
if not known[1] then return false end
if not by_hand and (tonumber(known[1]) ~= tonumber(at) or tonumber(known[2]) ~= tonumber(due) or known[5]) then
  return false
end
local KEPT = 100
local job = known[4]
local answers = {}

local function note(tick, kind, id, count)
  redis.call('LPUSH', firings, cjson.encode({ tonumber(tick), now, kind, id, count, by }))
  if redis.call('LLEN', firings) > KEPT then
    local oldest = cjson.decode(redis.call('RPOP', firings))
    redis.call('HDEL', P .. 'ended:' .. name, oldest[4])
    redis.call('ZREM', P .. 'runs', name .. ' ' .. oldest[4])
  end
end

local function still_runs()
  local state = job and redis.call('HGET', P .. 'job:' .. job, 's')
  return state and not FINISHED[state]
end

local function fire(tick, ...)
  if not by_hand and known[3] == 'skip' and still_runs() then return note(tick, 'overlap', job, 0) end
  local added = add(...)
  if added[1] == 0 then answers[#answers + 1] = added end
  -- Another job may hold its unique key: then that one is this tick's too.
  job = added[2]
  redis.call('HSET', key, 'job', job)
  redis.call('ZADD', P .. 'runs', now, name .. ' ' .. job)
  note(tick, by_hand and 'manual' or 'fired', job, 0)
end

if tonumber(missed) > 0 then note(due, 'missed', '', tonumber(missed)) end
for i = 7, #ARGV, PER_JOB + 1 do
  fire(unpack(ARGV, i, i + PER_JOB))
end
if not by_hand then
  redis.call('HSET', key, 'due', next_due)
  redis.call('ZADD', SCHEDULES, next_due, name)
end
seq = seq + 1
count_transitions()
return answers
