// The store contract on a real Redis, with each driver, and with the connection that the store makes itself.
import { afterAll, describe, test } from '@jest/globals'
import { type RedisStore, redisStore } from '../../stores/redis.js'
import { describeStoreContract } from '../../testing/store-contract.js'
import { anyRedis } from '../servers/redis-server.js'
import { DRIVERS, type OpenClient } from './redis-kit.js'

/** Redis's clock cannot be moved, so the rules wait; they do it side by side. Jest begins such tests before any hook. */
const timing = { runner: { describe, test: test.concurrent }, granularityMs: 60 }
const server = anyRedis()
const clients: Promise<OpenClient>[] = []

afterAll(async () => {
  for (const client of clients) await (await client).close()
  await (await server).stop()
})

/** Keys of a run of their own: the server may be shared. */
const ns = `test-${process.pid}:`
let stores = 0
const apart = () => `test-${process.pid}-${stores++}:`

for (const [driver, connect] of Object.entries(DRIVERS)) {
  const client = server.then(({ url }) => connect(url))
  clients.push(client)
  describeStoreContract(`redis with a client of ${driver}`, {
    open: async () => opened(redisStore({ client: (await client).client, ns })),
    openAlone: async () => opened(redisStore({ client: (await client).client, ns: apart() })),
    close: (store) => store.close?.(),
    ...timing,
  })
}

describeStoreContract('redis by url', {
  open: async () => opened(redisStore({ url: (await server).url, ns })),
  openAlone: async () => opened(redisStore({ url: (await server).url, ns: apart() })),
  close: (store) => store.close?.(),
  ...timing,
})

describeStoreContract('redis with every value compressed', {
  open: async () => opened(redisStore({ url: (await server).url, ns, compress: { above: 1 } })),
  close: (store) => store.close?.(),
  ...timing,
})

async function opened(store: RedisStore): Promise<RedisStore> {
  await store.ready()
  return store
}
