-- Puts the same document under another seal, unless it has changed meanwhile. Nobody is told: it is the same version.
--
-- KEYS[1]  the document
-- ARGV[1]  its header line as it was read, with the line break
-- ARGV[2]  the header line and the document, sealed anew
--
-- Answers 1 when done, 0 when the document has moved on.
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
