import { describe, expect, jest, test } from '@jest/globals'
import type { SessionApp } from '../../lib/app.js'
import type { SessionEvents } from '../../lib/events.js'
import { memoryStore } from '../../stores/memory.js'
import { FaultyStore, promised } from '../support/faulty-store.js'
import { type AnySession, appOf, clockAt, cookieOf, exchangeFor, stored } from './harness.js'

async function opened(
  values: Readonly<Record<string, unknown>>,
  app: SessionApp = appOf(),
): Promise<{ app: SessionApp; token: string; open(): Promise<AnySession> }> {
  const token = await stored(app.config.store, values)
  return { app, token, open: async () => (await exchangeFor(app, cookieOf(app, token))).session }
}

async function inStore(app: SessionApp, token: string): Promise<Record<string, unknown>> {
  const loaded = await app.config.store.load(token, { slide: false })
  if (loaded === null || loaded === 'reused') throw new Error('the session is gone')
  return { ...loaded.values }
}

describe('update', () => {
  test('resolves to the new value, which is in the store by then', async () => {
    const { app, token, open } = await opened({ cart: ['pear'] })
    const session = await open()
    expect(await session.update('cart', (cart) => [...cart, 'plum'])).toEqual(['pear', 'plum'])
    expect(await inStore(app, token)).toEqual({ cart: '["pear","plum"]' })
    expect(session.get('cart')).toEqual(['pear', 'plum'])
  })

  test('loses nothing when many requests update the same key at once (F-10)', async () => {
    const { app, token, open } = await opened({ n: 0 }, appOf({ store: promised(memoryStore()) }))
    const sessions = await Promise.all(Array.from({ length: 20 }, () => open()))
    await Promise.all(sessions.map((session) => session.increment('n')))
    expect(await inStore(app, token)).toEqual({ n: '20' })
  })

  test('loses nothing of a key that decides who is signed in either, as long as the user stays (promise 2)', async () => {
    const app = appOf({ store: promised(memoryStore()) })
    const token = await stored(app.config.store, { user: { id: 7, visits: 0 } }, { indexes: { userId: '7' } })
    const open = async (): Promise<AnySession> => (await exchangeFor(app, cookieOf(app, token))).session
    const sessions = [await open(), await open(), await open()]
    await Promise.all(
      sessions.map((session) => session.update('user', (user) => ({ ...user, visits: user.visits + 1 })).then(() => session.save())),
    )
    expect(await inStore(app, token)).toEqual({ user: '{"id":7,"visits":3}' })
  })

  test('sees what this request set before, and stores it', async () => {
    const { app, token, open } = await opened({ n: 1 })
    const session = await open()
    session.set('n', 10)
    expect(await session.increment('n')).toBe(11)
    session.delete('n')
    expect(await session.update('n', (n) => [n])).toEqual([undefined])
    const list: unknown[] = session.get('n')
    list.push('in place')
    expect(await session.update('n', (n) => n.length)).toBe(2)
    expect(await inStore(app, token)).toEqual({ n: '2' })
  })

  test('leaves what this request set under other keys to the commit', async () => {
    const { app, token, open } = await opened({ n: 1 })
    const session = await open()
    session.set('other', 1)
    await session.increment('n')
    expect(await inStore(app, token)).toEqual({ n: '2' })
    await session.save()
    expect(await inStore(app, token)).toEqual({ n: '2', other: '1' })
  })

  test('removes the key if the function gives undefined', async () => {
    const { app, token, open } = await opened({ n: 1 })
    expect(await (await open()).update('n', () => undefined)).toBeUndefined()
    expect(await inStore(app, token)).toEqual({})
  })

  test('keeps the time to live of its key', async () => {
    const clock = clockAt(1_000_000)
    const { app, token, open } = await opened({}, appOf({ store: memoryStore({ clock }) }))
    const first = await open()
    first.set('tries', 1, { ttl: 60 })
    await first.save()
    await (await open()).increment('tries')
    expect((await inStore(app, token))['tries']).toMatch(/^~6\d{4}~2$/)
    clock.now += 61_000
    expect((await open()).get('tries')).toBeUndefined()
  })

  test('keeps the time to live of a key in a session that is not stored yet', async () => {
    const clock = clockAt(1_000_000)
    const app = appOf({ store: memoryStore({ clock }) })
    const exchange = await exchangeFor(app)
    exchange.session.set('tries', 1, { ttl: 60 })
    await exchange.session.increment('tries')
    await exchange.session.save()
    clock.now += 61_000
    const later = await exchangeFor(app, cookieOf(app, exchange.state.stored?.token as string))
    expect(later.session.get('tries')).toBeUndefined()
  })

  test('treats a key past its time to live as absent', async () => {
    const clock = clockAt(1_000_000)
    const { open } = await opened({}, appOf({ store: memoryStore({ clock }) }))
    const first = await open()
    first.set('tries', 5, { ttl: 60 })
    await first.save()
    clock.now += 61_000
    expect(await (await open()).increment('tries')).toBe(1)
  })

  test('creates a session that was not stored yet, with the commit', async () => {
    const exchange = await exchangeFor(appOf())
    expect(await exchange.session.increment('n', 5)).toBe(5)
    expect(exchange.state.stored).toBeNull()
    await exchange.session.save()
    expect(exchange.state.stored).not.toBeNull()
  })

  test('tries again after a conflict, with what the key is now', async () => {
    const { app, token, open } = await opened({ n: 1 })
    const session = await open()
    let calls = 0
    const value = await session.update('n', (n) => {
      calls += 1
      if (calls === 1) void app.config.store.update(token, { set: { n: '100' } })
      return n + 1
    })
    expect([value, calls]).toEqual([101, 2])
  })

  test('tells of each attempt that met another writer, and that it gave up', async () => {
    const { app, token, open } = await opened({ n: 1 })
    const told: SessionEvents['conflict'][] = []
    app.events.on('conflict', (event) => told.push(event))
    const session = await open()
    let writes = 0
    const busy = (until: number) => (n: number) => {
      if (writes++ < until) void app.config.store.update(token, { set: { n: String(writes * 1000) } })
      return n + 1
    }
    await session.update('n', busy(2))
    expect(told.map(({ key, attempts, gaveUp }) => [key, attempts, gaveUp])).toEqual([
      ['n', 1, false],
      ['n', 2, false],
    ])
    await expect(session.update('n', busy(Number.POSITIVE_INFINITY))).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    expect(told.at(-1)).toMatchObject({ gaveUp: true, handle: session.info.handle })
  })

  test('gives up after a bounded number of conflicts, and saves nothing (F-10)', async () => {
    const { app, token, open } = await opened({ n: 1 })
    const session = await open()
    let calls = 0
    const attempt = session.update('n', (n) => {
      calls += 1
      void app.config.store.update(token, { set: { n: String(calls * 1000) } })
      return n + 1
    })
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT', status: 409 })
    expect(calls).toBeGreaterThan(1)
    expect(calls).toBeLessThanOrEqual(100)
    expect(await inStore(app, token)).toEqual({ n: String(calls * 1000) })
  })

  test('rejects with SessionGoneError if the session was ended meanwhile, tells of it once, and revives nothing', async () => {
    const { app, token, open } = await opened({ n: 1 })
    const gone = jest.fn()
    app.events.on('gone', gone)
    const session = await open()
    await app.config.store.destroy(token)
    await expect(session.increment('n')).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
    expect(gone).toHaveBeenCalledTimes(1)
    expect(await app.config.store.load(token, { slide: false })).toBeNull()
  })

  test('rejects with what the function throws, and changes nothing', async () => {
    const { app, token, open } = await opened({ n: 1 })
    const session = await open()
    await expect(
      session.update('n', () => {
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await inStore(app, token)).toEqual({ n: '1' })
  })

  test.each([[1n], [() => 1], [{ total: 1n }]])('rejects with SessionDataError for a value that cannot be stored: %p', async (value) => {
    const { open } = await opened({ n: 1 })
    await expect((await open()).update('n', () => value)).rejects.toMatchObject({ code: 'ERR_SESSION_DATA', key: 'n' })
  })

  test('refuses a function that is not synchronous, since its promise cannot be stored', async () => {
    const { app, token, open } = await opened({ n: 1 })
    await expect((await open()).update('n', async () => 2)).rejects.toBeDefined()
    expect(await inStore(app, token)).toEqual({ n: '1' })
  })
})

describe('what update stores', () => {
  test('must fit into maxBytes together with what is there, as with set', async () => {
    const { app, token, open } = await opened({ old: 'x'.repeat(50) }, appOf({ maxBytes: 100 }))
    const session = await open()
    await expect(session.update('new', () => 'y'.repeat(60))).rejects.toMatchObject({ code: 'ERR_SESSION_DATA', key: 'new' })
    expect(session.has('new')).toBe(false)
    expect(await session.update('new', () => 'y'.repeat(30))).toHaveLength(30)
    expect(Object.keys(await inStore(app, token))).toEqual(['old', 'new'])
  })

  test('must have a key of whole characters, as with set (T-77)', async () => {
    const store = new FaultyStore(memoryStore())
    const { open } = await opened({ n: 1 }, appOf({ store }))
    const session = await open()
    store.calls.length = 0
    for (const call of [() => session.update('half \ud83d', () => 1), () => session.increment('half \ud83d')])
      await expect(call()).rejects.toMatchObject({ code: 'ERR_SESSION_DATA', key: 'half \ud83d' })
    const stranger = (await exchangeFor(appOf())).session
    await expect(stranger.increment('\udc00')).rejects.toMatchObject({ code: 'ERR_SESSION_DATA' })
    expect(store.calls).toEqual([])
  })
})

describe('increment', () => {
  test('adds to a number, counts an absent key as 0, and takes any step', async () => {
    const { open } = await opened({ n: 1 })
    const session = await open()
    expect([await session.increment('n'), await session.increment('n', -5), await session.increment('new', 0.5)]).toEqual([2, -3, 0.5])
  })

  test('refuses a key that is no number', async () => {
    const { open } = await opened({ n: '1', nothing: null })
    const session = await open()
    await expect(session.increment('n')).rejects.toThrow(/^increment: session key "n" is not a number/)
    await expect(session.increment('nothing')).rejects.toThrow(TypeError)
  })

  test('commits a sign-in of the same request first, so that nobody updates under the old token', async () => {
    const store = new FaultyStore(memoryStore())
    const { token, open } = await opened({ n: 5 }, appOf({ store }))
    const session = await open()
    await session.signIn('ann')
    expect(await session.increment('n')).toBe(1)
    expect(store.calls).toEqual(['create', 'load', 'rotate', 'update'])
    expect(await store.load(token, { slide: false })).toBe('reused')
  })
})
