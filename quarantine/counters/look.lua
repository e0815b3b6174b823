-- How much of each window is used, for pages. Put after records.lua and clock.lua. Writes nothing.
-- ARGV: test clock (0: the store's own), expected instant, then names as "ip 192.0.2.1", "sender a@example.org".
-- Gives for each name: real instant of the newest message, then per window recipients and since when above (real).
local real = real_time(tonumber(ARGV[1]))
local now, offset = logical_time(KEYS[1], real, tonumber(ARGV[2]))
local prefix = string.sub(KEYS[1], 1, -6)
local out = {}
for i = 3, #ARGV do
  local subject, name = string.match(ARGV[i], '^(%a+) (.*)$')
  local key = prefix .. subject .. ':' .. name
  local head = load(key)
  if head then
    advance(key, head, now)
    local numbers = {head[NEWEST] - offset}
    for window = 1, 4 do
      local since = head[place(window) + 3]
      numbers[2 * window] = used(head, window)
      numbers[2 * window + 1] = since > 0 and since - offset or 0
    end
    out[#out + 1] = struct.pack('<' .. string.rep('d', 9), unpack(numbers))
  else
    out[#out + 1] = ''
  end
end
return {string.format('%.0f', real), out}
