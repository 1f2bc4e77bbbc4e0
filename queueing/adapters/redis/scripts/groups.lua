-- Answers per group, last seen first: {id, open, field, value…}
local answers = {}
for _, id in ipairs(redis.call('ZREVRANGE', P .. 'groups', 0, -1)) do
  local row = redis.call('HGETALL', P .. 'group:' .. id)
  table.insert(row, 1, id)
  table.insert(row, 2, redis.call('ZCARD', P .. 'open:' .. id))
  answers[#answers + 1] = row
end
return answers
