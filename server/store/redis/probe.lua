-- Sends a probe through a shard, so that the subscriber can be seen to hear, and reads the store's clock.
--
-- KEYS[1]  the probe's channel
-- ARGV[1]  what to send
--
-- Answers the store's clock in epoch ms.
redis.call('SPUBLISH', KEYS[1], ARGV[1])
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000)
