// memcached forgets when its memory is short, and nothing tells the application: the store does, at its start.
import { afterEach, expect, jest, test } from '@jest/globals'
import { Client } from 'memjs'
import { type MemcacheStoreOptions, memcacheStore } from '../../stores/memcache.js'
import { type MemcachedServer, startMemcached } from '../servers/memcached.js'
import { ask, record } from './memcache-kit.js'

const afterwards: (() => unknown)[] = []

afterEach(async () => {
  for (const work of afterwards.splice(0).reverse()) await work()
})

async function serve(): Promise<MemcachedServer> {
  const server = await startMemcached({ args: ['-m', '2', '-n', '500', '-f', '1000'] })
  afterwards.push(() => server.stop())
  return server
}

async function evictions({ port }: MemcachedServer): Promise<number> {
  return Number(/STAT evictions (\d+)/.exec(await ask(port, 'stats', /END\r\n$/))?.[1])
}

/** The warnings of a store that has started and answered: replies come in order. */
async function warningsOf(options: MemcacheStoreOptions): Promise<unknown[]> {
  const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const store = memcacheStore(options)
  await store.ready()
  await store.create(record())
  await store.ready()
  await store.create(record())
  await store.close()
  const seen = warnings.mock.calls.map(([message, details]) => [message, (details as { code?: string } | undefined)?.code])
  warnings.mockRestore()
  return seen
}

test('a server that drops items before their time is warned of once, also behind a client that was handed in', async () => {
  const server = await serve()
  const sets = Array.from({ length: 20_000 }, (_, n) => `set ${n} 0 0 200 noreply\r\n${'x'.repeat(200)}\r\n`)
  await ask(server.port, `${sets.join('')}mn`, /MN\r\n$/)
  const count = await evictions(server)
  expect(count).toBeGreaterThan(0)
  const warning = [
    expect.stringMatching(/^memcached dropped \d+ items before their time, for want of memory: .* \(option -m\)$/),
    'STEADY_SESSION_MEMCACHE_EVICTS',
  ]
  expect(await warningsOf({ servers: [server.address] })).toEqual([warning])
  const client = Client.create(server.address)
  afterwards.push(() => client.close())
  expect(await warningsOf({ client })).toEqual([warning])
})

test('one that has room is not', async () => {
  const server = await serve()
  expect(await warningsOf({ servers: [server.address] })).toEqual([])
})
