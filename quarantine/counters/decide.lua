-- One message, one decision: all its recipients or none, over both subjects and four windows, in one step.
-- Put after records.lua and clock.lua. Layouts of arguments and answer: `quarantine.counters.wire`.
local ACCEPTED, HELD, REFUSED, COMPROMISED, UNCOUNTED, LATE = 0, 1, 2, 3, 4, 5
local OUTCOMES = {[0] = 'accepted', 'held', 'refused', 'compromised', 'uncounted'}
local SUBJECTS = {'ip', 'sender'}
local REPEATED, ENOUGH_REFUSALS = 1, 2
local ANSWER = '<BBBBBIIddd'
local PERIOD = '<d' .. 'I4I4I4I4 I4I4I4I4 I4I4I4I4 I4I4I4I4'
local PERIOD_SIZE = 72
local NO_WINDOW = 255
local MESSAGE = 4294967296

-- Postfix gives up on an answer after 100 s and then asks once more (smtpd_policy_service_timeout, ..._try_limit).
local ANSWERS_KEPT = 240
-- Far beyond the longest window: a clock that is wrong for a day or two must not make the store forget.
local KEPT = 3 * 86400
local TOUCH = 3600e6
-- Dead records are dropped so many at a time.
local DROPPED = 64
local HOTTEST = 2000
local NO_MORE_FIGURES = 100000

local clock_key = KEYS[1]
local prefix = string.sub(clock_key, 1, -6)
local recipients, flags, many, within, expected, deadline, given = struct.unpack('<I4BI2I4ddd', ARGV[1])
local schedule, ip, sender, instance = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local names = {ip, sender}
local is_counted = flags % 2 == 1

local real = real_time(given)

local function answer(level, subject, window, notes, sum, limit, retry, now)
  return struct.pack(ANSWER, VERSION, level, subject, window, notes, sum, limit, retry, now, real)
end

-- Whoever asked has given up by now and told the mail server to come again later: nothing may be counted.
if deadline > 0 and real > deadline then return answer(LATE, 0, NO_WINDOW, 0, 0, 0, 0, 0) end

local now, offset = logical_time(clock_key, real, expected)
keep_time(clock_key, now, offset)

local function tally(level, window)
  local slot = math.floor(real / 300e6) * 300
  local outcome = OUTCOMES[level]
  redis.call('HINCRBY', prefix .. 'tally', slot .. ' ' .. outcome, MESSAGE + recipients)
  if level == ACCEPTED or level == UNCOUNTED then return end
  for subject = 1, 2 do
    if names[subject] ~= '' then
      local field = slot .. ' ' .. outcome .. ' ' .. SUBJECTS[subject] .. ' ' .. names[subject]
      local found = redis.call('HGET', prefix .. 'figures', field)
      local sum, first = 0, real
      if found then
        sum, first = struct.unpack('<dd', found)
      elseif redis.call('HLEN', prefix .. 'figures') >= NO_MORE_FIGURES then
        return
      end
      local packed = struct.pack('<dddB', sum + MESSAGE + recipients, first, real, window)
      redis.call('HSET', prefix .. 'figures', field, packed)
    end
  end
end

if sender ~= '' and redis.call('SISMEMBER', prefix .. 'compromised', sender) == 1 then
  tally(COMPROMISED, NO_WINDOW)
  return answer(COMPROMISED, 2, NO_WINDOW, 0, 0, 0, 0, now)
end

-- A mail server that lost the answer asks again with the same instance.
local instance_key
if instance ~= '' then
  instance_key = prefix .. 'answer:' .. instance .. ' ' .. sender .. ' ' .. ip
  local before = redis.call('GET', instance_key)
  if before then
    local _, level, subject, window, notes, sum, limit, retry = struct.unpack(ANSWER, before)
    return answer(level, subject, window, notes - notes % 2 + REPEATED, sum, limit, retry, now)
  end
end

local function reply(level, subject, window, notes, sum, limit, retry)
  tally(level, window)
  local packed = answer(level, subject, window, notes, sum, limit, retry, now)
  if instance_key then redis.call('SET', instance_key, packed, 'EX', ANSWERS_KEPT) end
  return packed
end

if not is_counted or (ip == '' and sender == '') then return reply(UNCOUNTED, 0, NO_WINDOW, 0, 0, 0, 0) end

-- Thresholds of the period by the store's own clock: warn, max for each window, of the address and then of the sender.
local at = #schedule - PERIOD_SIZE + 1
while at > 1 and struct.unpack('<d', schedule, at) > real do at = at - PERIOD_SIZE end
-- limits[warn_of(subject) + 2 * window], and max behind it; unrolled below, as all that runs for every message.
local limits = {struct.unpack(PERIOD, schedule, at)}
local function warn_of(subject) return 8 * (subject - 1) end

local keys, heads, moved = {}, {}, {}
local level, by_subject, by_window, sum, limit, retry, closest = ACCEPTED, 0, NO_WINDOW, 0, 0, 0, 0
local is_sender_refused = false
local never = math.huge

for subject = 1, 2 do
  if names[subject] ~= '' then
    local key = prefix .. SUBJECTS[subject] .. ':' .. names[subject]
    local head = load(key)
    keys[subject] = key
    if head then
      moved[subject] = advance(key, head, now)
    else
      head = {VERSION, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
    end
    heads[subject] = head
    local is_hot = false
    local total, row = head[TOTAL], warn_of(subject)
    for window = 1, 4 do
      local before = total - head[3 + 4 * window + 1]
      local after = before + recipients
      local warn = limits[row + 2 * window]
      if after * 2 >= warn then is_hot = true end
      if after <= warn then
        -- Passes, as nearly all do.
      elseif after > limits[row + 2 * window + 1] then
        local max = limits[row + 2 * window + 1]
        -- It passes once enough records have left the window; of several windows the last one to open counts.
        local opens = never
        if recipients <= max then
          local needed = head[TOTAL] + recipients - max
          local base = head[place(window) + 1]
          local last = search(key, head, head[place(window)], base, function(_, total) return total >= needed end)
          opens = records(key, head, last, last, base)[1] + WINDOWS[window]
        end
        if level < REFUSED or opens > retry then
          level, by_subject, by_window, sum, limit, retry = REFUSED, subject, window, before, max, opens
        end
        if subject == 2 then is_sender_refused = true end
      elseif level < REFUSED and after / warn > closest then
        level, by_subject, by_window, sum, limit, closest = HELD, subject, window, before, warn, after / warn
      end
    end
    if is_hot then
      local hot = prefix .. 'hot'
      if redis.call('ZADD', hot, string.format('%.0f', now), SUBJECTS[subject] .. ' ' .. names[subject]) == 1 then
        redis.call('ZREMRANGEBYRANK', hot, 0, -HOTTEST - 1)
      end
    end
  end
end

if level == REFUSED then
  for subject = 1, 2 do
    if moved[subject] then redis.call('LSET', keys[subject], 0, struct.pack(HEAD, unpack(heads[subject]))) end
  end
  local notes = 0
  -- Only what the sender's own windows refused speaks of the account; those of a busy network say nothing about it.
  if many > 0 and is_sender_refused then
    local key = prefix .. 'refusals:' .. sender
    redis.call('RPUSH', key, string.format('%.0f', now))
    redis.call('LTRIM', key, -many, -1)
    redis.call('EXPIRE', key, math.max(KEPT, within))
    local instants = redis.call('LRANGE', key, 0, 0)
    if redis.call('LLEN', key) >= many and tonumber(instants[1]) > now - within * 1e6 then notes = ENOUGH_REFUSALS end
  end
  if retry == never then retry = -1 else retry = retry - offset end
  return reply(REFUSED, by_subject, by_window - 1, notes, sum, limit, retry)
end

local period_starts = limits[1] + offset
for subject = 1, 2 do
  local head, key = heads[subject], keys[subject]
  if head then
    local is_new = head[place(4)] == head[NEXT]
    if is_new then
      -- Nothing of it counts any more, or it is the first of all: from the beginning.
      if head[NEXT] > 0 then redis.call('DEL', key) end
      head[TOTAL], head[FIRST], head[NEXT], head[TOUCHED] = 0, 0, 0, 0
    end
    local number, total, row = head[NEXT], head[TOTAL], warn_of(subject)
    for window = 1, 4 do
      local here = 3 + 4 * window
      if is_new then head[here], head[here + 1] = 0, 0 end
      if head[here] == number then head[here + 2] = now end
      local before, warn = total - head[here + 1], limits[row + 2 * window]
      if before + recipients <= warn then
        head[here + 3] = 0
      elseif before <= warn then
        head[here + 3] = now
      elseif head[here + 3] == 0 then
        -- No message brought it above: the threshold came down.
        head[here + 3] = math.max(period_starts, head[NEWEST])
      end
    end
    head[TOTAL] = total + recipients
    head[NEXT] = number + 1
    head[NEWEST] = now
    local record = struct.pack(RECORD, now % TIMES, head[TOTAL] % TOTALS)
    local is_touched = real - head[TOUCHED] > TOUCH or real < head[TOUCHED]
    if is_touched then head[TOUCHED] = real end
    if is_new then
      redis.call('RPUSH', key, struct.pack(HEAD, unpack(head)), record)
    else
      redis.call('RPUSH', key, record)
      local dead = head[place(4)] - head[FIRST]
      if dead >= DROPPED then
        head[FIRST] = head[FIRST] + dead
        redis.call('LSET', key, dead, struct.pack(HEAD, unpack(head)))
        redis.call('LTRIM', key, dead, -1)
      else
        redis.call('LSET', key, 0, struct.pack(HEAD, unpack(head)))
      end
    end
    if is_touched then redis.call('EXPIRE', key, KEPT) end
  end
end
return reply(level, by_subject, by_window == NO_WINDOW and NO_WINDOW or by_window - 1, 0, sum, limit, 0)
