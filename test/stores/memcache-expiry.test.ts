// What memcached itself keeps of time: whole seconds, and dates beyond 30 days.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type MemcacheStore, memcacheStore } from '../../stores/memcache.js'
import { type MemcachedServer, startMemcached } from '../servers/memcached.js'
import { commandCount, loadedValues, record, secondsLeft, storedText } from './memcache-kit.js'

const DAY_MS = 86_400_000
let server: MemcachedServer
let store: MemcacheStore
let now: number

beforeAll(async () => {
  server = await startMemcached()
})

beforeEach(() => {
  now = Date.now()
  store = memcacheStore({ servers: [server.address], clock: () => now })
})

afterEach(() => store.close())

afterAll(() => server.stop())

describe('the expiry of an item', () => {
  test.each([
    ['a minute', 60_000, null],
    ['half a second', 500, null],
    ['30 days to the second', 30 * DAY_MS, null],
    ['31 days', 31 * DAY_MS, null],
    ['400 days', 400 * DAY_MS, null],
    ['the absolute lifetime, if that ends first', 400 * DAY_MS, 40 * DAY_MS],
  ])('is %s, rounded up', async (_, idleMs, lifetimeMs) => {
    const { handle } = await store.create(record({ idleMs, lifetimeMs }))
    const left = await secondsLeft(server.port, `sess:${handle}`)
    const due = Math.min(idleMs, lifetimeMs ?? idleMs) / 1000
    expect(left).toBeGreaterThan(due - 2)
    expect(left).toBeLessThanOrEqual(due + 2)
  })

  test('has a date even where nothing ends the session', async () => {
    const { handle, token } = await store.create(record({ idleMs: Number.MAX_SAFE_INTEGER, lifetimeMs: null }))
    expect(await secondsLeft(server.port, `sess:${handle}`)).toBeGreaterThan(10 * 365 * 86_400)
    expect(await loadedValues(store, token)).toEqual({})
  })

  test('is not moved by an update, and moves with a slide and a rotation', async () => {
    const { handle, token } = await store.create(record({ idleMs: 100_000 }))
    const left = () => secondsLeft(server.port, `sess:${handle}`)
    now += 50_000
    await store.update(token, { set: { a: '1' } })
    expect(await left()).toBeLessThan(60)
    await store.load(token, { slide: true })
    expect(await left()).toBeGreaterThan(95)
    now += 50_000
    await store.rotate(token, {})
    expect(await left()).toBeGreaterThan(95)
  })

  test('is never early: by the real clocks a session of two seconds lives for two seconds, then its item goes', async () => {
    const real = memcacheStore({ servers: [server.address] })
    const { handle, token } = await real.create(record({ idleMs: 2000 }))
    await new Promise((resolve) => setTimeout(resolve, 1800))
    expect(await real.load(token, { slide: false })).not.toBeNull()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await real.load(token, { slide: true })).toBeNull()
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(await storedText(server.port, `sess:${handle}`)).toBeNull()
    await real.close()
  })
})

describe('sliding', () => {
  test('costs one command, and a second one once a tenth of the idle span has passed', async () => {
    const { token } = await store.create(record({ idleMs: 100_000 }))
    const spent = async (slide: boolean): Promise<[gets: number, writes: number]> => {
      const counts = () => Promise.all(['cmd_get', 'cmd_set'].map((name) => commandCount(server.port, name)))
      const [gets = 0, sets = 0] = await counts()
      await store.load(token, { slide })
      const [getsAfter = 0, setsAfter = 0] = await counts()
      return [getsAfter - gets, setsAfter - sets]
    }
    expect(await spent(true)).toEqual([1, 0])
    now += 9999
    expect(await spent(true)).toEqual([1, 0])
    now += 1
    expect(await spent(false)).toEqual([1, 0])
    expect(await spent(true)).toEqual([1, 1])
    expect(await spent(true)).toEqual([1, 0])
  })

  test('is not done for a token that does not open the session', async () => {
    const { token, facts } = await store.create(record({ idleMs: 100_000 }))
    const rotated = await store.rotate(token, {})
    now += 50_000
    expect(await store.load(token, { slide: true })).toBe('reused')
    expect(await store.load(rotated?.token ?? '', { slide: false })).toMatchObject({ facts: { seenAt: facts.seenAt } })
  })
})
