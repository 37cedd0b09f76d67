// What the real connect-redis 9 does with the sessions that it is given, on a real Redis.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parseToken } from '../../lib/token.js'
import { expressStore } from '../../stores/express-store.js'
import { anyRedis } from '../servers/redis-server.js'
import { connectRedis, mustLoad, record } from './express-store-kit.js'

const prefix = `express-redis-${process.pid}:`
let server: Awaited<ReturnType<typeof anyRedis>>
let redis: Awaited<ReturnType<typeof connectRedis>>

beforeAll(async () => {
  server = await anyRedis()
  redis = await connectRedis(server.url, prefix)
})

afterAll(async () => {
  await redis.close()
  await server.stop()
})

test('the key is the prefix and the handle, and its TTL the earlier of both clocks', async () => {
  const store = expressStore(redis.store)
  const idle = await store.create(record())
  const absolute = await store.create(record({ lifetimeMs: 60_000 }))
  expect(await redis.client.ttl(prefix + idle.handle)).toBeGreaterThan(3590)
  expect(await redis.client.ttl(prefix + idle.handle)).toBeLessThanOrEqual(3600)
  expect(await redis.client.ttl(prefix + absolute.handle)).toBeLessThanOrEqual(60)
  await store.update(absolute.token, { terms: { lifetimeMs: null } })
  expect(await redis.client.ttl(prefix + absolute.handle)).toBeGreaterThan(3590)
})

test('Redis holds JSON with a cookie, the proof and the data, and nothing that works as a cookie', async () => {
  const store = expressStore(redis.store)
  const { token, handle } = await store.create(record({ indexes: { userId: '7' } }, { cart: '["book"]' }))
  const rotated = await store.rotate(token, {})
  const text = (await redis.client.get(prefix + handle)) ?? ''
  expect(Object.keys(JSON.parse(text))).toEqual(['cookie', 'steady'])
  expect(JSON.parse(text).cookie).toMatchObject({ originalMaxAge: 3_600_000, httpOnly: true, path: '/' })
  expect(text).toContain('[\\"book\\"]')
  for (const each of [token, rotated?.token ?? '']) expect(text).not.toContain(parseToken(each)?.verifier)
})

test('a session that nobody uses leaves Redis by itself', async () => {
  const store = expressStore(redis.store)
  const { token, handle } = await store.create(record({ idleMs: 300 }))
  // connect-redis knows whole seconds; the session itself is over by then.
  expect(await redis.client.pTTL(prefix + handle)).toBeLessThanOrEqual(1000)
  await new Promise((resolve) => setTimeout(resolve, 350))
  expect(await store.load(token, { slide: true })).toBeNull()
  await new Promise((resolve) => setTimeout(resolve, 800))
  expect(await redis.client.exists(prefix + handle)).toBe(0)
})

test("a slide moves the session's own clock and the TTL of Redis", async () => {
  const store = expressStore(redis.store)
  const { token, handle, facts } = await store.create(record({ idleMs: 5000 }))
  await new Promise((resolve) => setTimeout(resolve, 600))
  await redis.client.expire(prefix + handle, 2)
  const { facts: slid } = await mustLoad(store, token, true)
  expect(slid.seenAt - facts.seenAt).toBeGreaterThanOrEqual(500)
  expect((await mustLoad(store, token)).facts.seenAt).toBe(slid.seenAt)
  expect(await redis.client.pTTL(prefix + handle)).toBeGreaterThan(3000)
})

test('a session of express-session itself under the same prefix is none, and is left alone', async () => {
  const store = expressStore(redis.store)
  const { token, handle } = await store.create(record())
  const foreign = JSON.stringify({ cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }, passport: { user: 7 } })
  await redis.client.set(prefix + handle, foreign)
  expect(await store.load(token, { slide: true })).toBeNull()
  expect(await store.update(token, { set: { a: '1' } })).toEqual({ outcome: 'gone' })
  expect(await store.rotate(token, {})).toBeNull()
  expect(await store.destroy(token)).toBe(false)
  expect(await redis.client.get(prefix + handle)).toBe(foreign)
})

test('an error of Redis rejects every call as it is, and never becomes an unhandled rejection', async () => {
  const gone = await connectRedis(server.url, prefix)
  const store = expressStore(gone.store)
  const { token } = await store.create(record())
  await gone.close()
  const calls = [
    () => store.create(record()),
    () => store.load(token, { slide: true }),
    () => store.update(token, {}),
    () => store.rotate(token, {}),
    () => store.destroy(token),
  ]
  for (const call of calls) await expect(call()).rejects.toThrow('The client is closed')
})
