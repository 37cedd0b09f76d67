// How often somebody may try: a password is guessed slowly or not at all (OWASP ASVS 5.0, 6.3.1).
import { isIPv6 } from 'node:net'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import { createClient } from 'redis'
import { ChatError } from '../chat/errors.js'

const MINUTE = 60
const HOUR = 60 * MINUTE
/** A connection that died silently is found out by then. */
const PING_EVERY_MS = 2000

/** Counted by account and address together, so that nobody locks another one out; then by each alone, against many guesses spread wide. */
const RULES = {
  pair: { points: 5, duration: 15 * MINUTE },
  address: { points: 50, duration: HOUR },
  account: { points: 100, duration: HOUR },
  registration: { points: 30, duration: HOUR },
}

/** In Redis, if the sessions are there, so that all processes count together; else each process for itself. */
export async function openLimits({ store }) {
  const client = /^rediss?:/.test(store) ? await connected(store) : null
  const limiters = Object.fromEntries(Object.entries(RULES).map(([name, rule]) => [name, limiter(client, name, rule)]))

  return {
    /**
     * Asks before the password is looked at, so that tries at the same moment count, too; throws a ChatError 429. Resolves to what to call if the
     * password was right: then the try does not count.
     */
    async password(email, ip) {
      const address = networkOf(ip)
      const keys = { pair: `${email} ${address}`, address, account: email }
      for (const [name, key] of Object.entries(keys)) await consume(limiters[name], key, 'Too many tries.')
      return async () => {
        await limiters.pair.delete(keys.pair)
        await Promise.all([limiters.address.reward(keys.address), limiters.account.reward(keys.account)])
      }
    },
    registration: (ip) => consume(limiters.registration, networkOf(ip), 'Too many new accounts from your network.'),
    close: () => client?.destroy(),
  }
}

/** If it breaks, it connects again by itself; meanwhile commands fail at once, and each process counts for itself. */
async function connected(url) {
  const client = createClient({ url, disableOfflineQueue: true, pingInterval: PING_EVERY_MS })
  client.on('error', () => {})
  await client.connect()
  return client
}

function limiter(client, name, rule) {
  const options = { keyPrefix: `chat:limit:${name}`, ...rule }
  const here = new RateLimiterMemory(options)
  if (client === null) return here
  return new RateLimiterRedis({ ...options, storeClient: client, useRedisPackage: true, insuranceLimiter: here })
}

/** A household has a whole /64 of IPv6, in which each guess could come from an address of its own. */
function networkOf(ip = '') {
  const address = ip.toLowerCase().replace(/^::ffff:(?=[\d.]+$)/, '')
  if (!isIPv6(address)) return address
  const [head, tail = ''] = address.replace(/%.*$/, '').split('::')
  const [left, right] = [head, tail].map((part) => part.split(':').filter(Boolean))
  const zeros = Array(Math.max(0, 8 - left.length - right.length)).fill('0')
  const groups = address.includes('::') ? [...left, ...zeros, ...right] : left
  return `${groups.slice(0, 4).join(':')}::/64`
}

async function consume(limiter, key, problem) {
  try {
    await limiter.consume(key)
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal
    const seconds = Math.ceil(refusal.msBeforeNext / 1000)
    const error = new ChatError(429, 'TOO_MANY', `${problem} Please try again in ${waitIn(seconds)}.`)
    throw Object.assign(error, { headers: { 'Retry-After': String(seconds) } })
  }
}

function waitIn(seconds) {
  const [count, unit] = seconds < 60 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
