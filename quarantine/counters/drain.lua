-- The running tallies become a batch of their own, all at once. Gives the names of all batches there are.
-- KEYS[1]: the clock, whose name begins as all others do. ARGV[1]: the name of the new batch.
local prefix = string.sub(KEYS[1], 1, -6)
for _, kind in ipairs({'tally', 'figures'}) do
  if redis.call('EXISTS', prefix .. kind) == 1 then
    redis.call('RENAME', prefix .. kind, prefix .. kind .. ':' .. ARGV[1])
    redis.call('SADD', prefix .. 'batches', ARGV[1])
  end
end
return redis.call('SMEMBERS', prefix .. 'batches')
