// The races on a real memcached. One framework: that all behave alike the memory store shows.
import { afterAll, afterEach, beforeAll } from '@jest/globals'
import { type MemcacheStore, memcacheStore } from '../../stores/memcache.js'
import { anyMemcached } from '../servers/memcached.js'
import { storedText } from '../stores/memcache-kit.js'
import { describeRaces } from './races.js'

let server: Awaited<ReturnType<typeof anyMemcached>>
const stores: MemcacheStore[] = []
let ns = ''
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
  openTwo: () => [open(), openBeside()],
  openWithClock: () => {
    let now = Date.now()
    const advance = (ms: number): void => {
      now += ms
    }
    return { store: open(() => now), advance }
  },
  dump: async (_store, handles) => {
    const port = Number(server.servers[0]?.split(':')[1])
    const texts = handles.map(async (handle) => await storedText(port, ns + handle))
    return (await Promise.all(texts)).join('\n')
  },
  frameworks: ['Express 5'],
})

function open(clock: () => number = Date.now): MemcacheStore {
  ns = `races-${process.pid}-${opened++}:`
  return openBeside(clock)
}

/** Over the sessions of the store that was opened last. */
function openBeside(clock: () => number = Date.now): MemcacheStore {
  const store = memcacheStore({ servers: server.servers, ns, clock })
  stores.push(store)
  return store
}
