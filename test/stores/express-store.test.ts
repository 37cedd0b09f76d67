// The store contract over the stores of express-session: the real connect-redis on a real Redis, and the MemoryStore.
import { afterAll, beforeAll, jest } from '@jest/globals'
import { type ExpressSessionStore, expressStore } from '../../stores/express-store.js'
import { describeStoreContract } from '../../testing/store-contract.js'
import { anyRedis } from '../servers/redis-server.js'
import { aloneInItsProcess, connectRedis, memoryOfExpress, withoutTouch } from './express-store-kit.js'

let server: Awaited<ReturnType<typeof anyRedis>>
let redis: Awaited<ReturnType<typeof connectRedis>>
let passed = 0

// These stores compute their TTLs by `Date.now`, as the adapter does: one clock, which the suite moves. It only ever runs ahead of Redis's
// own, so that nothing here depends on a TTL; that the TTLs are right is shown in express-store-redis.test.ts.
const realNow = Date.now
const timing = {
  advance: (ms: number) => {
    passed += ms
  },
  // Sliding is stamped in steps of a tenth of the idle span, which is an hour in the suite.
  granularityMs: 100_000,
}

beforeAll(async () => {
  server = await anyRedis()
  redis = await connectRedis(server.url, `express-${process.pid}:`)
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + passed)
})

afterAll(async () => {
  jest.restoreAllMocks()
  await redis.close()
  await server.stop()
})

const memory = memoryOfExpress()

const STORES: Readonly<Record<string, () => ExpressSessionStore>> = {
  'connect-redis': () => redis.store,
  'connect-redis without touch': () => withoutTouch(redis.store),
  "express-session's MemoryStore": () => memory,
}

for (const [name, store] of Object.entries(STORES)) {
  describeStoreContract(`${name}, with writers in one process,`, {
    open: () => aloneInItsProcess(store()),
    close: () => {},
    cannot: ['index', 'own-clock'],
    ...timing,
  })
}

describeStoreContract('connect-redis', {
  open: () => expressStore(redis.store),
  close: () => {},
  cannot: ['merge', 'expect', 'revoke', 'index', 'own-clock'],
  ...timing,
})
