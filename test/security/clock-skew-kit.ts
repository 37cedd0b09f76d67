// Two servers of one site over one backend, one of which has a wrong clock; and a backend whose sessions grow older without waiting.
import type { SessionStore } from '../../lib/index.js'
import { cookieStore } from '../../stores/cookie.js'
import { packEntry, unpackEntry } from '../../stores/memcache/envelope.js'
import { memcacheStore } from '../../stores/memcache.js'
import { memoryStore } from '../../stores/memory.js'
import { redisStore } from '../../stores/redis.js'
import { clockAt, SECRET } from '../lib/harness.js'
import { anyMemcached } from '../servers/memcached.js'
import { anyRedis } from '../servers/redis-server.js'
import { ask, secondsLeft, storedText } from '../stores/memcache-kit.js'
import { inspector } from '../stores/redis-kit.js'

export interface Backend {
  /** A store of a server of its own, over the sessions of all. */
  open(): SessionStore
  /** The present by the clock that judges. */
  now(): number
  /** By that clock, so many milliseconds pass for the session. */
  age(handle: string, ms: number): unknown
  /** How long the backend keeps the session, in milliseconds; `null` if it keeps none by itself. */
  left(handle: string): Promise<number | null>
  stop(): Promise<void>
}

const realNow = Date.now
let offMs = 0
// No spy that comes and goes: some keep the function for as long as they live.
Date.now = () => realNow() + offMs

/** While the clock of the process is off by so much. */
export async function skewed<T>(byMs: number, work: () => Promise<T>): Promise<T> {
  offMs = byMs
  try {
    return await work()
  } finally {
    offMs = 0
  }
}

export const BACKENDS: Readonly<Record<string, () => Promise<Backend>>> = {
  memory: async () => onMemory((store) => store),
  'cookie + revocation': async () => onMemory((revocation) => cookieStore({ key: 'sid', secrets: [SECRET], revocation })),
  redis: onRedis,
  memcached: onMemcached,
}

/** It lives in one process: the servers are two applications in that, with one store. */
function onMemory(opened: (store: SessionStore) => SessionStore): Backend {
  const clock = clockAt(Date.UTC(2026, 10, 21))
  const store = memoryStore({ clock })
  return {
    open: () => opened(store),
    now: clock,
    age: (_handle, ms) => {
      clock.now += ms
    },
    left: async () => null,
    stop: async () => {},
  }
}

/** Redis's clock stands where it is, so all times in it are moved back instead. */
const AGE = `
local function back(times) return (times:gsub('%d%d%d%d%d%d%d%d%d%d%d%d%d', function(time) return string.format('%.0f', time - ARGV[1]) end)) end
local left = redis.call('PTTL', KEYS[1]) - ARGV[1]
if left <= 0 then return redis.call('DEL', KEYS[1]) end
for _, field in ipairs({ 't', 's' }) do redis.call('HSET', KEYS[1], field, back(redis.call('HGET', KEYS[1], field))) end
redis.call('PEXPIRE', KEYS[1], left)`

async function onRedis(): Promise<Backend> {
  const server = await anyRedis()
  const redis = await inspector(server.url)
  const ns = `clock-skew-${process.pid}:`
  return {
    open: () => redisStore({ url: server.url, ns }),
    now: realNow,
    age: (handle, ms) => redis.eval(AGE, { keys: [ns + handle], arguments: [String(ms)] }),
    left: async (handle) => Number(await redis.pTTL(ns + handle)),
    stop: async () => {
      redis.destroy()
      await server.stop()
    },
  }
}

async function onMemcached(): Promise<Backend> {
  const server = await anyMemcached()
  const port = Number(server.servers[0]?.split(':')[1])
  const ns = `clock-skew-${process.pid}:`
  return {
    open: () => memcacheStore({ servers: server.servers.slice(0, 1), ns }),
    now: realNow,
    age: (handle, ms) => ageItem(port, ns + handle, ms),
    left: async (handle) => (await secondsLeft(port, ns + handle)) * 1000,
    stop: () => server.stop(),
  }
}

/** Its item stays until it is judged: that memcached drops it in time is no reason to open it. */
async function ageItem(port: number, key: string, ms: number): Promise<void> {
  const [, text = ''] = /^VALUE [^\n]*\n([\s\S]*)\r\nEND\r\n$/.exec((await storedText(port, key)) ?? '') ?? []
  const entry = unpackEntry(text)
  if (entry === null) throw new Error('no item')
  const { createdAt, startedAt, authenticatedAt, seenAt } = entry.facts
  const back = { createdAt: createdAt - ms, startedAt: startedAt - ms, seenAt: seenAt - ms }
  const facts = { ...entry.facts, ...back, authenticatedAt: authenticatedAt === null ? null : authenticatedAt - ms }
  const older = packEntry({ ...entry, facts })
  await ask(port, `set ${key} 0 0 ${Buffer.byteLength(older)}\r\n${older}`, /STORED\r\n$/)
}
