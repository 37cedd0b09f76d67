// What Redis runs on the sets of the index (see index-sets.ts): handle → until when it may stand there.
import { CLOCK, type Script, script } from './lua.js'

const RETIME = `
local function retime(now)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', whole(now))
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  if last[2] then redis.call('PEXPIREAT', key, last[2]) end
end
`

/** ARGV: handle, milliseconds that it stays, an end that may be shortened or ''. Shortens no other. The end that it wrote, or ''. */
export const INDEX_ADD: Script = script(`${CLOCK}${RETIME}
local now = clock()
local ends, before = now + ARGV[2], redis.call('ZSCORE', key, ARGV[1])
local writes = not before or before == ARGV[3] or tonumber(before) < ends
if writes then redis.call('ZADD', key, whole(ends), ARGV[1]) end
retime(now)
return writes and whole(ends) or ''
`)

/** ARGV: handle. */
export const INDEX_REMOVE: Script = script(`${CLOCK}${RETIME}
redis.call('ZREM', key, ARGV[1])
retime(clock())
return 1
`)

/** The handles, whether or not their sessions live. */
export const INDEX_MEMBERS: Script = script(`${CLOCK}
return redis.call('ZRANGEBYSCORE', key, '(' .. whole(clock()), '+inf')
`)
