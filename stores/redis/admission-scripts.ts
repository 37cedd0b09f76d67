// What Redis runs to admit sessions to an index value that may have so many. Beside the set of the value stands a hash: `a:<handle>` priority and time of
// the admission (microseconds) · `m:<handle>` when it was marked, then the same: it has to go · `d:<handle>` until when it is remembered that it went ·
// `r:<place>` until when the place is reserved. KEYS: set, hash. Whoever is not admitted lives on the word of the caller who has just stored it.
import { CLOCK, type Script, script } from './lua.js'

/** A reservation without a session, and the mark of one that has gone: longer than a request goes on after the store's last answer. */
export const KEPT_MS = 10_000
/** A mark that is older: who set it seems not to live to end the session. */
const STALE_MS = 5000

export const PLACES: string = `${CLOCK}
local places = KEYS[2]
local now = clock()
local admitted, marked, gone, reserved, stale, isNew = {}, {}, {}, {}, {}, true
local function readPlaces()
  local all = redis.call('HGETALL', places)
  for i = 1, #all, 2 do
    local kind, name, text = string.sub(all[i], 1, 2), string.sub(all[i], 3), all[i + 1]
    if kind == 'a:' then
      local priority, since = string.match(text, '^(%S+) (%S+)$')
      admitted[name], isNew = { name = name, priority = tonumber(priority), since = tonumber(since) }, false
    elseif kind == 'm:' then
      local at, priority, since = string.match(text, '^(%S+) (%S+) (%S+)$')
      marked[name] = { name = name, priority = tonumber(priority), since = tonumber(since) }
      if tonumber(at) + ${STALE_MS} <= now then stale[#stale + 1] = name end
    elseif tonumber(text) <= now then
      redis.call('HDEL', places, all[i])
    else
      if kind == 'r:' then reserved[name] = true else gone[name] = true end
    end
  end
end
local at = 0
local function take()
  at = at + 1
  return ARGV[at]
end
local function takeEach(work)
  for _ = 1, tonumber(take()) do work(take()) end
end
local function size(map)
  local count = 0
  for _ in pairs(map) do count = count + 1 end
  return count
end
local function keep(entry)
  admitted[entry.name] = entry
  redis.call('HSET', places, 'a:' .. entry.name, entry.priority .. ' ' .. whole(entry.since))
end
-- The caller asked their sessions: those that live no more, and old ones that nobody admitted yet.
local function takeGhostsAndOld()
  takeEach(function(name)
    admitted[name] = nil
    redis.call('HDEL', places, 'a:' .. name)
  end)
  takeEach(function(name)
    local since = take()
    if not (admitted[name] or marked[name] or gone[name]) then keep({ name = name, priority = 0, since = tonumber(since) * 1000 }) end
  end)
end
-- Sessions of before there was a limit, or whose admission was lost.
local function strangers(but)
  local names = {}
  for _, name in ipairs(isNew and redis.call('ZRANGEBYSCORE', key, '(' .. whole(now), '+inf') or {}) do
    if name ~= but and not (marked[name] or gone[name]) then names[#names + 1] = name end
  end
  return names
end
local function names(map)
  local list = {}
  for name in pairs(map) do list[#list + 1] = name end
  return list
end
local function keepFor(ms)
  redis.call('PEXPIRE', places, math.max(redis.call('PTTL', key), ms))
end
`

/**
 * ARGV: handle, max, priority or '' (as it was), place or '', '1' if its sessions were asked, then lists that begin with their length: ghosts, old ones (name, milliseconds), those that
 * the same caller marked before it knew, and the order. {victims, others that stay, strangers, marked by somebody long ago}.
 */
export const ADMIT: Script = script(`${PLACES}
readPlaces()
local own, max, priority, place, asked = take(), tonumber(take()), take(), take(), take()
takeGhostsAndOld()
takeEach(function(name)
  if not marked[name] then return end
  keep(marked[name])
  redis.call('HDEL', places, 'm:' .. name)
  marked[name] = nil
end)
local order, count = {}, 0
takeEach(function(name)
  count = count + 1
  order[name] = order[name] or count
end)

local refused, lapsed = marked[own] or gone[own], place ~= '' and not reserved[place]
reserved[place] = nil
redis.call('HDEL', places, 'r:' .. place)
local time = redis.call('TIME')
local before = admitted[own]
priority = tonumber(priority) or before and before.priority or 0
if not refused then keep({ name = own, priority = priority, since = time[1] * 1000000 + time[2] }) end
local function rank(entry)
  return entry.name == own and math.huge or order[entry.name] or count + 1
end
local all = {}
for _, entry in pairs(admitted) do all[#all + 1] = entry end
table.sort(all, function(a, b)
  if lapsed and a.name ~= b.name and (a.name == own or b.name == own) then return a.name == own end
  if a.priority ~= b.priority then return a.priority < b.priority end
  if rank(a) ~= rank(b) then return rank(a) < rank(b) end
  if a.since ~= b.since then return a.since < b.since end
  return a.name < b.name
end)
local victims, others = {}, {}
local excess = #all + size(reserved) - max
for n, entry in ipairs(all) do
  if n <= excess then
    victims[n] = entry.name
    redis.call('HDEL', places, 'a:' .. entry.name)
    redis.call('HSET', places, 'm:' .. entry.name, whole(now) .. ' ' .. entry.priority .. ' ' .. whole(entry.since))
  elseif entry.name ~= own then
    others[#others + 1] = entry.name
  end
end
if refused then victims[#victims + 1] = own end
keepFor((next(reserved) or next(gone) or redis.call('PTTL', key) < 0) and ${KEPT_MS} or 0)
return { victims, others, asked == '1' and {} or strangers(own), stale }
`)

/** ARGV: place, max, '1' if its sessions were asked, ghosts, old ones. {1}: reserved; {0, admitted, strangers}: nothing is free, or it is not known yet. */
export const RESERVE: Script = script(`${PLACES}
readPlaces()
local place, max, asked = take(), tonumber(take()), take()
takeGhostsAndOld()
local unknown = asked == '1' and {} or strangers('')
reserved[place] = nil
if #unknown > 0 or size(admitted) + size(reserved) >= max then return { 0, names(admitted), unknown } end
redis.call('HSET', places, 'r:' .. place, whole(now + ${KEPT_MS}))
keepFor(${KEPT_MS})
return { 1 }
`)

/** ARGV: place. */
export const RELEASE: Script = script(`return redis.call('HDEL', KEYS[2], 'r:' .. ARGV[1])`)
