-- The list of compromised senders becomes another one, unless somebody changed it since its number was read.
-- KEYS[1]: the clock, whose name begins as all others do. ARGV: the number, then the senders. Gives 1 or 0.
local prefix = string.sub(KEYS[1], 1, -6)
if (redis.call('GET', prefix .. 'compromised:changes') or '0') ~= ARGV[1] then return 0 end
redis.call('DEL', prefix .. 'compromised')
for i = 2, #ARGV do redis.call('SADD', prefix .. 'compromised', ARGV[i]) end
return 1
