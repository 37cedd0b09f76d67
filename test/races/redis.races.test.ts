// The races on a real Redis, through a connection of the store's own. One framework: that all behave alike the memory store shows.
import { afterAll, afterEach, beforeAll } from '@jest/globals'
import { type RedisStore, redisStore } from '../../stores/redis.js'
import { anyRedis } from '../servers/redis-server.js'
import { type Inspector, inspector } from '../stores/redis-kit.js'
import { describeRaces } from './races.js'

let server: Awaited<ReturnType<typeof anyRedis>>
let redis: Inspector
const stores: RedisStore[] = []
let ns = ''
let opened = 0

beforeAll(async () => {
  server = await anyRedis()
  redis = await inspector(server.url)
})

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
})

afterAll(async () => {
  redis.destroy()
  await server.stop()
})

describeRaces('redis', () => open(), {
  openTwo: () => [open(), openBeside()],
  dump,
  frameworks: ['Express 5'],
})

function open(): RedisStore {
  ns = `races-${process.pid}-${opened++}:`
  return openBeside()
}

/** Over the sessions of the store that was opened last. */
function openBeside(): RedisStore {
  const store = redisStore({ url: server.url, ns })
  stores.push(store)
  return store
}

/** Every key of the last store with all that it holds. */
async function dump(): Promise<string> {
  const texts = (await redis.keys(`${ns}*`)).map(async (key) => {
    const isHash = (await redis.type(key)) === 'hash'
    return key + JSON.stringify(isHash ? await redis.hGetAll(key) : await redis.zRange(key, 0, -1))
  })
  return (await Promise.all(texts)).join('\n')
}
