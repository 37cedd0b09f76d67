import { expect, test } from '@jest/globals'
import { Ring } from '../../stores/memcache/ring.js'
import { type MemcacheStoreOptions, memcacheStore } from '../../stores/memcache.js'

const client = { seq: 0, options: {}, perform: () => {} }

test.each<[options: unknown, message: RegExp]>([
  [{ server: 'x' }, /^server: unknown option; the memcache store takes client, url, servers/],
  [{ servers: [] }, /^servers: expected a list/],
  [{ servers: '127.0.0.1:11211' }, /^servers: expected a list/],
  [{ servers: ['a:11211', 'a:11211'] }, /^servers: each server may be listed once/],
  [{ servers: ['a', 'a:11211'] }, /^servers: each server may be listed once/],
  [{ servers: ['user:hunter2@a:11211'] }, /^servers: expected 'host:port'(?!.*hunter2)/],
  [{ servers: ['a:0'] }, /^servers: /],
  [{ servers: ['a:70000'] }, /^servers: /],
  [{ servers: [7] }, /^servers: /],
  [{ username: 'app' }, /^username: SASL needs/],
  [{ username: 'app', password: 7 }, /^password: expected a text/],
  [{ url: 'memcache://' }, /^url: expected memcache:\/\/host:port/],
  [{ url: 'redis://a' }, /^url: expected memcache:\/\//],
  [{ url: 7 }, /^url: expected memcache:\/\//],
  [{ url: 'memcache://a:11211/sessions' }, /^url: expected memcache:\/\//],
  [{ url: 'memcache://a:70000' }, /^url: expected 'host:port' each/],
  [{ url: 'memcache://a,,b' }, /^url: expected 'host:port' each/],
  [{ url: 'memcache://a,a:11211' }, /^url: each server may be listed once/],
  [{ url: 'memcache://hunter2@a' }, /^url: expected (?!.*hunter2).* a login as/],
  [{ url: 'memcache://app:@a' }, /^url: expected .* a login as/],
  [{ url: 'memcache://app:100%@a' }, /^url: expected .* percent-encoded$/],
  [{ url: 'memcache://app:hunter2@a@b' }, /^url: expected (?!.*hunter2)/],
  [{ url: 'memcache://a', servers: ['b'] }, /^url: it names the servers; remove servers/],
  [{ url: 'memcache://app:hunter2@a', username: 'app', password: 'hunter2' }, /^url: it holds a login(?!.*hunter2)/],
  [{ url: 'memcache://a', username: 'app' }, /^username: SASL needs/],
  [{ client, url: 'memcache://a' }, /^client: a client has its servers already/],
  [{ ns: '' }, /^ns: /],
  [{ ns: 'with space' }, /^ns: /],
  [{ ns: 'n'.repeat(229) }, /^ns: /],
  [{ clock: 7 }, /^clock: /],
  [{ client, servers: ['a'] }, /^client: a client has its servers already/],
  [{ client: {} }, /^client: expected a client of memjs/],
  [{ client: { ...client, options: { failover: true } } }, /^client: make it without failover/],
])('%j is refused, by the name of the option', (options, message) => {
  expect(() => memcacheStore(options as MemcacheStoreOptions)).toThrow(message)
})

test('names, IPv6 addresses and addresses without a port are taken, and nothing is opened before it is needed', () => {
  expect(memcacheStore({ servers: ['localhost', '[::1]:11212', '10.0.0.1:11211'] })).toMatchObject({ name: 'memcache' })
  expect(memcacheStore({ url: 'memcache://localhost,[::1]:11212,10.0.0.1:11211/' })).toMatchObject({ name: 'memcache' })
  expect(memcacheStore({ client }).cannot).toEqual(['index'])
})

test('the ring gives each server its share, whatever the order, and a server more moves little', () => {
  const handles = Array.from({ length: 6000 }, (_, n) => `handle-${n}`)
  const three = ['a:1', 'b:1', 'c:1']
  const place = (names: readonly string[]) => {
    const ring = new Ring(names)
    return handles.map((handle) => names[ring.serverOf(handle)])
  }
  const before = place(three)
  for (const name of three) expect(before.filter((one) => one === name).length).toBeGreaterThan(1500)
  expect(place([...three].reverse())).toEqual(before)
  const after = place([...three, 'd:1'])
  const moved = after.filter((name, n) => name !== before[n])
  expect(new Set(moved)).toEqual(new Set(['d:1']))
  expect(moved.length).toBeLessThan(2100)
})
