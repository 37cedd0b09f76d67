// The store contract on a real memcached, with connections of the store's own and with a client of the application.
import { afterAll, beforeAll } from '@jest/globals'
import { Client } from 'memjs'
import { type MemcacheStore, memcacheStore } from '../../stores/memcache.js'
import { describeStoreContract } from '../../testing/store-contract.js'
import { anyMemcached } from '../servers/memcached.js'

let server: Awaited<ReturnType<typeof anyMemcached>>
let client: Client
/** In place of the server's clock, which no test can move; that one is in memcache-clock.test.ts and memcache-expiry.test.ts. */
let now = Date.now()
const shared = {
  close: (store: { close?(): unknown }) => store.close?.(),
  cannot: ['index'] as const,
  advance: (ms: number): void => {
    now += ms
  },
  // Sliding is stamped in steps of a tenth of the idle span, which is an hour in the suite.
  granularityMs: 100_000,
}
/** Keys of a run of their own: the server may be shared. */
const common = { ns: `test-${process.pid}:`, clock: () => now }

beforeAll(async () => {
  server = await anyMemcached()
  client = Client.create(server.servers.join(','))
})

afterAll(async () => {
  client.close()
  await server.stop()
})

describeStoreContract('memcache', { ...shared, open: () => opened(memcacheStore({ servers: server.servers, ...common })) })

describeStoreContract('memcache with a client of memjs', { ...shared, open: () => opened(memcacheStore({ client, ...common })) })

async function opened(store: MemcacheStore): Promise<MemcacheStore> {
  await store.ready()
  return store
}
