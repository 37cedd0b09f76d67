// The races on a real Redis, through a connection of the store's own. One framework: that all behave alike the memory store shows.
import { afterAll, afterEach, beforeAll } from '@jest/globals'
import { type RedisStore, redisStore } from '../../stores/redis.js'
import { anyRedis } from '../servers/redis-server.js'
import { describeRaces } from './races.js'

let server: Awaited<ReturnType<typeof anyRedis>>
const stores: RedisStore[] = []
let opened = 0

beforeAll(async () => {
  server = await anyRedis()
})

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
})

afterAll(() => server.stop())

describeRaces(
  'redis',
  () => {
    const store = redisStore({ url: server.url, ns: `races-${process.pid}-${opened++}:` })
    stores.push(store)
    return store
  },
  { frameworks: ['Express 5'] },
)
