-- Saves the next version of a document and tells who watches it, in one step.
-- The channel has the document's own name, so that both live in one slot.
--
-- KEYS[1]  the document, and the channel its news goes to
-- ARGV[1]  the version it must have now ('0': absent)
-- ARGV[2]  the version it gets
-- ARGV[3]  the id of this commit
-- ARGV[4]  the sealed document
-- ARGV[5]  when to forget it, epoch ms ('': never)
-- ARGV[6]  refuse from this moment on, epoch ms ('': never)
-- ARGV[7]  '1': the news carries the document; '0': only its version
-- ARGV[8]  the id of the commit this one builds on ('': any of that version)
--
-- Answers { 'committed' | 'conflict' | 'late', the store's clock in epoch ms, after a conflict what is stored instead }.
-- Stored as '<version> <newest commit id> <older ids…>\n<document>'. The ids let a commit whose answer was lost be
-- recognised by whoever asks again, even when others have committed on top of it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local version, ids = string.match(redis.call('GETRANGE', KEYS[1], 0, 255), '^(%d+) ([^\n]*)\n')

if ids and string.find(' ' .. ids .. ' ', ' ' .. ARGV[3] .. ' ', 1, true) then
  return { 'committed', now }
end
if (version or '0') ~= ARGV[1] or (ARGV[8] ~= '' and string.match(ids or '', '^%S+') ~= ARGV[8]) then
  return { 'conflict', now, redis.call('GET', KEYS[1]) }
end
if ARGV[6] ~= '' and now >= tonumber(ARGV[6]) then
  return { 'late', now }
end

local remembered = ARGV[3]
local count = 1
for id in string.gmatch(ids or '', '%S+') do
  if count == 8 then break end
  remembered = remembered .. ' ' .. id
  count = count + 1
end
local header = ARGV[2] .. ' ' .. remembered .. '\n'
if ARGV[5] == '' then
  redis.call('SET', KEYS[1], header .. ARGV[4])
else
  redis.call('SET', KEYS[1], header .. ARGV[4], 'PXAT', ARGV[5])
end
redis.call('SPUBLISH', KEYS[1], ARGV[7] == '1' and header .. ARGV[4] or header)
return { 'committed', now }
