// SHA-256 of a verifier costs more than the rest of a read: a store computes it once per token, and shows no token that it remembers for that.
import crypto from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import type { SessionStore } from '../../lib/store.js'
import { expressStore } from '../../stores/express-store.js'
import { memcacheStore } from '../../stores/memcache.js'
import { memoryStore } from '../../stores/memory.js'
import { redisStore } from '../../stores/redis.js'
import { anyMemcached } from '../servers/memcached.js'
import { anyRedis } from '../servers/redis-server.js'
import { memoryOfExpress } from './express-store-kit.js'
import { record } from './memory-kit.js'

let redis: Awaited<ReturnType<typeof anyRedis>>
let memcached: Awaited<ReturnType<typeof anyMemcached>>
let store: SessionStore

beforeAll(async () => {
  ;[redis, memcached] = await Promise.all([anyRedis(), anyMemcached()])
})

afterEach(async () => {
  jest.restoreAllMocks()
  await store.close?.()
})

afterAll(async () => {
  await Promise.all([redis.stop(), memcached.stop()])
})

const ns = `token-reading-${process.pid}:`
const STORES: Readonly<Record<string, () => SessionStore>> = {
  memory: () => memoryStore(),
  redis: () => redisStore({ url: redis.url, ns }),
  memcache: () => memcacheStore({ servers: memcached.servers, ns }),
  "express-session's": () => expressStore(memoryOfExpress()),
}

test.each(Object.keys(STORES))('the %s store hashes the verifier of a token once, whatever it is presented for', async (name) => {
  store = STORES[name]?.() as SessionStore
  await store.ready?.()
  const { token } = await store.create(record())
  await store.load(token, { slide: true })
  const hash = jest.spyOn(crypto, 'hash')
  for (const slide of [true, false]) expect(await store.load(token, { slide })).not.toBeNull()
  expect(await store.update(token, { set: { a: '1' } })).toMatchObject({ outcome: 'saved' })
  expect(hash).not.toHaveBeenCalled()
  // The new verifier's own.
  const rotated = await store.rotate(token, {})
  expect(hash).toHaveBeenCalledTimes(1)
  await store.load(rotated?.token ?? '', { slide: true })
  hash.mockClear()
  expect(await store.load(token, { slide: true })).toBe('reused')
  expect(await store.destroy(rotated?.token ?? '')).toBe(true)
  expect(hash).not.toHaveBeenCalled()
})

test.each(Object.keys(STORES))('the %s store shows no token that it has read', async (name) => {
  store = STORES[name]?.() as SessionStore
  await store.ready?.()
  const { handle, token } = await store.create(record())
  await store.load(token, { slide: true })
  const shown = inspect(store, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null })
  expect(shown).not.toContain(token.slice(handle.length + 1))
})
