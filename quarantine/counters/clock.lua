-- The clock of the windows. Put after records.lua.
--
-- It never goes back. The store's own clock may: a small step back is waited out (the windows stand still meanwhile), a
-- large one is bridged by an offset, so that nobody is stuck. A clock put forward cannot be told from time that passed,
-- except by a witness: a gateway sends the instant that it expects by its own steady clock, and where the store's clock
-- is off by more than TOLERANCE, the gateway's word is taken. A question that waited long is then dated when it was sent,
-- which does no harm either.
local TOLERANCE = 0.1e6
local WAITED_OUT = 120e6

-- Real instant, by the store's clock or the one given in its place (tests).
local function real_time(given)
  if given > 0 then return given end
  local time = redis.call('TIME')
  return time[1] * 1e6 + time[2]
end

-- Logical instant, and the offset that leads from a real one to it. `expected`: by the witness, 0 for none.
local function logical_time(key, real, expected)
  local offset, newest = 0, 0
  local state = redis.call('GET', key)
  if state then
    if string.byte(state) ~= VERSION then error({err = 'VERSION ' .. string.byte(state) .. ' of the clock'}) end
    local _
    _, offset, newest = struct.unpack('<Bdd', state)
  end
  local now = real + offset
  if expected > 0 and math.abs(now - expected) > TOLERANCE then
    offset = expected - real
    now = expected
  end
  if now < newest then
    if newest - now > WAITED_OUT then offset = newest - real end
    now = newest
  end
  return now, offset
end

local function keep_time(key, now, offset)
  redis.call('SET', key, struct.pack('<Bdd', VERSION, offset, now))
end
