// What the scripts are put together from.
import { createHash } from 'node:crypto'

export interface Script {
  readonly text: string
  readonly sha: string
}

/** Redis finds a script by the SHA-1 of its text; nothing secret depends on it. */
export function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

export const CLOCK: string = `
local key = KEYS[1]
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function whole(number) return string.format('%.0f', number) end
`

// Whoever ends all sessions changes the epoch; a session that was born under another one is over. A text that never comes twice and no time: exact
// within a millisecond too, and where clocks differ.
// The dead one is deleted when it is met.
export const EPOCH: string = `
local function over(birth)
  local epoch = redis.call('HGET', KEYS[2], 'e')
  if not epoch or epoch == birth then return false end
  redis.call('DEL', key)
  return true
end
`

// PEXPIRETIME came with Redis 7.
export const TIMES: string = `${CLOCK}${EPOCH}
local function deadline(now)
  local at = redis.pcall('PEXPIRETIME', key)
  if type(at) == 'number' then return at end
  return now + redis.call('PTTL', key)
end
local function parse(times)
  return string.match(times, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
end
local function finish(started, life)
  if life == '-' then return math.huge end
  return started + life
end
-- A load that slides moves the TTL and nothing else; only where the absolute clock caps the TTL must it be noted beside.
local function seen(now, started, idle, life, noted)
  local last, ends = deadline(now), finish(started, life)
  if last < ends then return last - idle end
  return math.max(tonumber(noted or 0), ends - idle, started)
end
`

export const SNAPSHOT: string = `
local function snapshot(now, last)
  local all, facts = redis.call('HGETALL', key), {}
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 2) ~= 'v:' then
      facts[#facts + 1] = all[i]
      facts[#facts + 1] = all[i + 1]
    end
  end
  facts[#facts + 1] = now
  facts[#facts + 1] = last
  return facts
end
`

// A notice is "end, lifetime that it cut short, message". A rotation takes both back; whatever else sets a lifetime sets the one that it would be without.
export const NOTICED: string = `
local function noticed(notice, rotates, started, life)
  local at, ordinary, message = string.match(notice, '^(%S+) (%S+) (.*)$')
  if rotates then
    redis.call('HDEL', key, 'n')
    return ARGV[4] == '' and ordinary or life
  end
  if ARGV[4] ~= '' then redis.call('HSET', key, 'n', at .. ' ' .. life .. ' ' .. message) end
  return whole(math.min(finish(started, life), at) - started)
end
`

// Lua cannot hand over more than some thousand arguments at once.
export const EACH: string = `
local function each(command, list)
  for first = 1, #list, 1000 do
    redis.call(command, key, unpack(list, first, math.min(first + 999, #list)))
  end
end
`
