// The races over stores made for express-session: the real connect-redis on a real Redis, and express-session's own MemoryStore. Within a
// process no rule is broken; what breaks between two processes is declared for them alone.
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, jest } from '@jest/globals'
import { MemoryStore } from 'express-session'
import { expressStore } from '../../stores/express-store.js'
import { anyRedis } from '../servers/redis-server.js'
import { connectRedis } from '../stores/express-store-kit.js'
import { describeRaces, type RaceOptions } from './races.js'

const prefix = `races-express-${process.pid}:`
let server: Awaited<ReturnType<typeof anyRedis>>
let redis: Awaited<ReturnType<typeof connectRedis>>

beforeAll(async () => {
  server = await anyRedis()
  redis = await connectRedis(server.url, prefix)
})

afterEach(() => {
  jest.restoreAllMocks()
})

afterAll(async () => {
  await redis.close()
  await server.stop()
})

const cannot: RaceOptions['cannot'] = ['index', 'own-clock', 'merge-across-processes', 'expect-across-processes', 'revoke-across-processes']

/** The adapter and these stores read one clock, the application's. */
function moveClock(): (ms: number) => void {
  const realNow = Date.now
  let passed = 0
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + passed)
  return (ms) => {
    passed += ms
  }
}

describeRaces('connect-redis', () => expressStore(redis.store), {
  cannot,
  openTwo: () => [expressStore(redis.store), expressStore(redis.store)],
  openWithClock: () => ({ advance: moveClock(), store: expressStore(redis.store) }),
  dump: async (_store, handles) => {
    const keys = handles.map((handle) => prefix + handle)
    return inspect({ keys: await redis.client.keys(`${prefix}*`), texts: await redis.client.mGet(keys) }, { maxArrayLength: null })
  },
  frameworks: ['Express 5'],
})

const memories = new WeakMap<object, MemoryStore>()

function openOn(memory: MemoryStore) {
  const store = expressStore(memory)
  memories.set(store, memory)
  return store
}

describeRaces("express-session's MemoryStore", () => openOn(new MemoryStore()), {
  cannot,
  openTwo: () => {
    const memory = new MemoryStore()
    return [openOn(memory), openOn(memory)]
  },
  openWithClock: () => ({ advance: moveClock(), store: openOn(new MemoryStore()) }),
  dump: (store) => inspect(memories.get(store), { depth: 20, maxStringLength: null }),
  frameworks: ['Express 5'],
})
