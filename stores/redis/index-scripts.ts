// What Redis runs on the sets of the index (see index-sets.ts): handle → until when it may stand there. KEYS: set, and who was admitted to it.
import { KEPT_MS, PLACES } from './admission-scripts.js'
import { CLOCK, type Script, script } from './lua.js'

const RETIME = `
local function retime(now)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', whole(now))
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  if last[2] then redis.call('PEXPIREAT', key, last[2]) end
  -- What goes along with the set: without it, only what is not kept for long.
  redis.call('PEXPIREAT', KEYS[2], last[2] or whole(now + ${KEPT_MS}))
end
`

/**
 * ARGV: handle, milliseconds that it stays, an end that may be shortened or '', its admission or ''. Shortens no other end. The end that it wrote, or ''.
 */
export const INDEX_ADD: Script = script(`${CLOCK}${RETIME}
local now = clock()
local ends, before = now + ARGV[2], redis.call('ZSCORE', key, ARGV[1])
local writes = not before or before == ARGV[3] or tonumber(before) < ends
if writes then redis.call('ZADD', key, whole(ends), ARGV[1]) end
if ARGV[4] ~= '' then redis.call('HSETNX', KEYS[2], 'a:' .. ARGV[1], ARGV[4]) end
retime(now)
return writes and whole(ends) or ''
`)

/** ARGV: handle, 'ended' if it certainly left the value: then it leaves its place too. Its admission, or ''. */
export const INDEX_REMOVE: Script = script(`${CLOCK}${RETIME}
local now, admission = clock(), false
redis.call('ZREM', key, ARGV[1])
if ARGV[2] == 'ended' then
  admission = redis.call('HGET', KEYS[2], 'a:' .. ARGV[1])
  if redis.call('HDEL', KEYS[2], 'a:' .. ARGV[1], 'm:' .. ARGV[1]) == 1 and not admission then
    redis.call('HSET', KEYS[2], 'd:' .. ARGV[1], whole(now + ${KEPT_MS}))
  end
end
retime(now)
return admission or ''
`)

/** {handles, whether or not their sessions live; those among them that have to go; those of these that somebody should have ended long ago}. */
export const INDEX_MEMBERS: Script = script(`${PLACES}
readPlaces()
return { redis.call('ZRANGEBYSCORE', key, '(' .. whole(now), '+inf'), names(marked), stale }
`)
