// What Redis runs to end sessions otherwise than one by one at once, and to walk over all of them.
import { type Script, script, TIMES } from './lua.js'

/**
 * ARGV: milliseconds, message. 0: none; else when it ends. The lifetime itself is cut short, so that every script judges it; the one that the terms named
 * waits in the notice.
 */
export const END_IN: Script = script(`${TIMES}
local held = redis.call('HMGET', key, 't', 's', 'e', 'n')
if not held[1] or over(held[3]) then return 0 end
local created, started, authenticated, idle, life, persistent = parse(held[1])
local now = clock()
local last = seen(now, started, idle, life, held[2])
local ends = math.floor(math.min(finish(started, life), now + ARGV[1]))
local ordinary = held[4] and string.match(held[4], '^%S+ (%S+) ') or life
local times = table.concat({ created, started, authenticated, idle, whole(ends - started), persistent }, ' ')
redis.call('HSET', key, 's', whole(last), 't', times, 'n', whole(ends) .. ' ' .. ordinary .. ' ' .. ARGV[2])
redis.call('PEXPIREAT', key, whole(math.min(last + idle, ends)))
return ends
`)

/** KEYS: epoch. ARGV: a text that never stood there before, milliseconds that it stays. */
export const BEGIN_EPOCH: Script = script(`
redis.call('HSET', KEYS[1], 'e', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

/**
 * KEYS: an epoch, whose name without its tail begins those of the sessions, whatever the client puts before it. ARGV: length of the tail, pattern, cursor, count.
 * The server, the next cursor, how many keys there are, then what follows in the names that it met. A cursor means nothing to another server, nor to the same one restarted.
 */
export const SCAN: Script = script(`
local function whole(number) return string.format('%.0f', number) end
local prefix = string.sub(KEYS[1], 1, -1 - ARGV[1])
local pattern = string.gsub(prefix, '%W', '\\\\%0') .. ARGV[2]
local reply = redis.call('SCAN', ARGV[3], 'MATCH', pattern, 'COUNT', ARGV[4], 'TYPE', 'hash')
local info = redis.pcall('INFO', 'server')
local met = { type(info) == 'string' and string.match(info, 'run_id:(%w+)') or '', reply[1], whole(redis.call('DBSIZE')) }
for _, name in ipairs(reply[2]) do met[#met + 1] = string.sub(name, #prefix + 1) end
return met
`)

/** ARGV: channel, message. In a script, since every driver sends those; in a cluster each node passes it on to all others. */
export const ANNOUNCE: Script = script(`return redis.call('PUBLISH', ARGV[1], ARGV[2])`)

/** KEYS: an epoch. Which node of the cluster has it. */
export const NODE: Script = script(`
local id = redis.pcall('CLUSTER', 'MYID')
return type(id) == 'string' and id or ''
`)
