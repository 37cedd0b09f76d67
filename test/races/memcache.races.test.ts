// The races on a real memcached. One framework: that all behave alike the memory store shows.
import { afterAll, afterEach, beforeAll } from '@jest/globals'
import type { SessionStore } from '../../lib/index.js'
import { type MemcacheStore, memcacheStore } from '../../stores/memcache.js'
import { anyMemcached } from '../servers/memcached.js'
import { describeRaces } from './races.js'

let server: Awaited<ReturnType<typeof anyMemcached>>
const stores: MemcacheStore[] = []
let opened = 0

beforeAll(async () => {
  server = await anyMemcached()
})

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
})

afterAll(() => server.stop())

describeRaces('memcache', () => open(), {
  cannot: ['index'],
  frameworks: ['Express 5'],
  openWithClock: () => {
    let now = Date.now()
    const advance = (ms: number): void => {
      now += ms
    }
    return { store: open(() => now), advance }
  },
})

function open(clock: () => number = Date.now): SessionStore {
  const store = memcacheStore({ servers: server.servers, ns: `races-${process.pid}-${opened++}:`, clock })
  stores.push(store)
  return store
}
