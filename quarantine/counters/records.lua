-- What both scripts know of the records of one subject (a sender or a network address). Put before each of them.
--
-- One list per subject. Element 0 is the head, the others are one record per message counted, oldest first:
--   record  8 bytes: instant modulo 2^40 us (12 days), running total of recipients modulo 2^24, this message included
--   head    see HEAD; per window it holds what the records would otherwise be searched for at every decision
-- A list keeps 8,000 records in 80 KB; a sorted set would take ten times as much. Records leave at the front, a few
-- dozen at a time.
--
-- Instants are microseconds. "real" is what the store's clock says; "logical" never goes back: see clock.lua.
local VERSION = 1
local WINDOWS = {60e6, 600e6, 3600e6, 36000e6}
local RECORD = '>I5I3'
local TIMES = 1099511627776
local TOTALS = 16777216
-- version; running total; number of the first record kept, of the next one to come; instant of the newest record, of
-- the last time the key's expiry was set (real); then per window: number of the oldest record inside, running total
-- before it, its instant, and since when more than WARN was counted (0: it is not).
local HEAD = '<Bddddd' .. 'dddd dddd dddd dddd'
local TOTAL, FIRST, NEXT, NEWEST, TOUCHED = 2, 3, 4, 5, 6
local function place(window) return 3 + 4 * window end

local function load(key)
  local packed = redis.call('LINDEX', key, 0)
  if not packed then return nil end
  if string.byte(packed) ~= VERSION then
    error({err = 'VERSION ' .. string.byte(packed) .. ' of the records of ' .. key .. ' is not known'})
  end
  return {struct.unpack(HEAD, packed)}
end

-- Records number `from` to `to` as {instant, running total, instant, running total, ...}. `base`: any running total
-- before them.
local function records(key, head, from, to, base)
  local found = redis.call('LRANGE', key, from - head[FIRST] + 1, to - head[FIRST] + 1)
  local out, newest = {}, head[NEWEST]
  for i = 1, #found do
    local instant, total = struct.unpack(RECORD, found[i])
    out[2 * i - 1] = newest - (newest - instant) % TIMES
    out[2 * i] = base + (total - base) % TOTALS
  end
  return out
end

-- The first record from number `low` on, up to the newest, for which `holds(instant, total)`; it must hold for the
-- newest and, once it holds, for all later ones. Nearby ones are found first.
local function search(key, head, low, base, holds)
  local high, step = head[NEXT] - 1, 1
  while low + step - 1 < high do
    local here = low + step - 1
    local one = records(key, head, here, here, base)
    if holds(one[1], one[2]) then high = here else low, step = here + 1, step * 2 end
  end
  while low < high do
    local middle = math.floor((low + high) / 2)
    local one = records(key, head, middle, middle, base)
    if holds(one[1], one[2]) then high = middle else low = middle + 1 end
  end
  return low
end

-- Moves the windows' edges to `now` (logical): an event exactly a window's length ago is outside. Whether any moved.
local function advance(key, head, now)
  local moved = false
  for window = 1, 4 do
    local at = place(window)
    local edge = now - WINDOWS[window]
    if head[at] < head[NEXT] and head[at + 2] <= edge then
      moved = true
      if head[NEWEST] <= edge then
        head[at], head[at + 1], head[at + 2] = head[NEXT], head[TOTAL], 0
      else
        local oldest = search(key, head, head[at] + 1, head[at + 1], function(instant) return instant > edge end)
        local both = records(key, head, oldest - 1, oldest, head[at + 1])
        head[at], head[at + 1], head[at + 2] = oldest, both[2], both[3]
      end
    end
  end
  return moved
end

-- Recipients inside a window, after `advance`.
local function used(head, window) return head[TOTAL] - head[place(window) + 1] end
