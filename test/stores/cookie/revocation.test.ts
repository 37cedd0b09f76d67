import { describe, expect, test } from '@jest/globals'
import type { LoadedSession, SessionStore, StoredSession } from '../../../lib/store.js'
import { cookieStore } from '../../../stores/cookie.js'
import { type MemoryStore, memoryStore } from '../../../stores/memory.js'
import { clockedCookieStore, DAY_MS, K1, K2, newToken, START, TERMS } from '../cookie-kit.js'

interface Recorded {
  readonly store: SessionStore
  readonly records: MemoryStore
  /** Names of the calls that reached the records. */
  readonly calls: string[]
  readonly advance: (ms: number) => void
}

function recorded(secrets: readonly string[] = [K1]): Recorded & { readonly under: (secrets: readonly string[]) => SessionStore } {
  let now = START
  const clock = (): number => now
  const records = memoryStore({ clock })
  const calls: string[] = []
  const counted = new Proxy(records, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        calls.push(String(name))
        return Reflect.apply(value, target, args) as unknown
      }
    },
  })
  const under = (ring: readonly string[]): SessionStore => cookieStore({ key: 'sid', secrets: ring, clock, revocation: counted })
  const advance = (ms: number): void => {
    now += ms
  }
  return { store: under(secrets), under, records, calls, advance }
}

describe('with records', () => {
  test('T-10, T-42: a copy of an ended session is dead at once', async () => {
    const { store } = recorded()
    const token = newToken(store, { a: '1' })
    expect(await store.destroy(token)).toBe(true)
    expect(await store.load(token, { slide: true })).toBeNull()
    expect(await store.destroy(token)).toBe(false)
  })

  test('T-7: a copy from before a sign-in is dead, and tells that it is reused', async () => {
    const { store } = recorded()
    const token = newToken(store, { a: '1' })
    const rotated = (await store.rotate(token, { indexes: { userId: '7' } })) as StoredSession
    expect(await store.load(token, { slide: true })).toBe('reused')
    expect(await store.update(token, {})).toEqual({ outcome: 'gone' })
    expect(await load(store, rotated.token)).toHaveProperty('values.a', '1')
  })

  test('T-11: all sessions of a user end, also copies of older states of them', async () => {
    const { store } = recorded()
    const first = newToken(store, { n: '1' }, { indexes: { userId: '7' } })
    const updated = (await store.update(first, { set: { n: '2' } })) as { token: string }
    const second = newToken(store, {}, { indexes: { userId: '7' } })
    const others = newToken(store, {}, { indexes: { userId: '8' } })
    expect(await store.index?.endBy('userId', '7')).toHaveLength(2)
    for (const token of [first, updated.token, second]) expect(await store.load(token, { slide: true })).toBeNull()
    expect(await load(store, others)).not.toBeNull()
  })

  test('each call costs one command, update with an expectation two, and a token that does not open none', async () => {
    const { store, calls } = recorded()
    const token = newToken(store, { a: '1' })
    await store.load(token, { slide: true })
    await store.update(token, { set: { a: '2' }, indexes: { room: 'r' }, terms: { persistent: false } })
    await store.update(token, { expect: { a: '1' }, set: { a: '3' } })
    const rotated = (await store.rotate(token, {})) as StoredSession
    await store.destroy(rotated.token)
    expect(calls).toEqual(['create', 'load', 'update', 'load', 'update', 'rotate', 'destroy'])
    calls.length = 0
    for (const wrong of ['', 'A'.repeat(200), `${rotated.token}A`]) {
      await Promise.all([store.load(wrong, { slide: true }), store.update(wrong, {}), store.rotate(wrong, {}), store.destroy(wrong)])
    }
    expect(calls).toEqual([])
  })

  test('the records hold none of the data, and nothing in them works as a cookie', async () => {
    const { store, records } = recorded()
    const token = newToken(store, { email: '"ann@example.com"' }, { indexes: { userId: '7' } })
    await store.update(token, { set: { cart: '["gardening"]' }, unset: ['email'] })
    const [entry] = records.index.list('userId', '7')
    expect(JSON.stringify(entry)).not.toMatch(/email|ann|cart|gardening/)
    expect(await store.load(entry?.handle ?? '', { slide: true })).toBeNull()
  })

  test('a session slides in its record alone: the cookie is not sent anew, however long it is used', async () => {
    const { store, advance } = recorded()
    const token = newToken(store, {}, { idleMs: 2 * DAY_MS, lifetimeMs: null })
    for (let day = 0; day < 500; day++) {
      advance(DAY_MS)
      expect((await load(store, token, true))?.token).toBe(token)
    }
  })

  test.each([-3 * DAY_MS, -DAY_MS / 24, DAY_MS / 24, 3 * DAY_MS, 500 * DAY_MS])(
    'the clock of the records judges alone: a server whose own is off by %d ms ends no session and prolongs none',
    async (offMs) => {
      let now = START
      const records = memoryStore({ clock: () => now })
      const at = (off: number): SessionStore => cookieStore({ key: 'sid', secrets: [K1], clock: () => now + off, revocation: records })
      const [right, wrong] = [at(0), at(offMs)]
      for (const [here, there] of [
        [right, wrong],
        [wrong, right],
      ] as const) {
        const first = await here.create({ values: { a: '1' }, terms: TERMS })
        const saved = (await there.update(first.token, { set: { b: '2' } })) as { token: string }
        const second = (await here.rotate(saved.token, {})) as StoredSession
        now += TERMS.idleMs - 1
        for (const store of [right, wrong]) expect((await load(store, second.token, true))?.values).toEqual({ a: '1', b: '2' })
        now += TERMS.idleMs
        for (const store of [right, wrong]) expect(await load(store, second.token, true)).toBeNull()
      }
    },
  )

  test('T-26: a session under an old secret comes back under the new one', async () => {
    const { store, under } = recorded()
    const old = newToken(store, { a: '1' })
    const renewed = (await load(under([K2, K1]), old))?.token ?? ''
    expect(renewed).not.toBe(old)
    expect((await load(under([K2]), renewed))?.values).toEqual({ a: '1' })
  })

  test('reassigned values go before what the cookie says, until the session writes them itself', async () => {
    const { store } = recorded()
    const token = newToken(store, { workerId: '"w1"', a: '1' }, { indexes: { workerId: 'w1' } })
    expect(await store.index?.reassign('workerId', 'w1', 'w2', '"w2"')).toBe(1)
    expect((await load(store, token))?.values).toEqual({ workerId: '"w2"', a: '1' })
    expect(await store.update(token, { expect: { workerId: '"w1"' } })).toEqual({ outcome: 'conflict' })
    const other = (await store.update(token, { expect: { workerId: '"w2"' }, set: { a: '2' } })) as { token: string }
    expect((await load(store, other.token))?.values).toEqual({ workerId: '"w2"', a: '2' })
    const own = (await store.update(other.token, { set: { workerId: '"w3"' } })) as { token: string }
    expect((await load(store, own.token))?.values).toEqual({ workerId: '"w3"', a: '2' })
    const cleared = (await store.rotate(own.token, { clear: { keep: [] } })) as StoredSession
    expect((await load(store, cleared.token))?.values).toEqual({})
  })

  test('cookies without a record are refused when records are switched on, and those with one when they are switched off', async () => {
    const { store, other } = clockedCookieStore()
    const withRecords = other({ revocation: memoryStore() })
    expect(await withRecords.load(newToken(store), { slide: true })).toBeNull()
    expect(await store.load(newToken(withRecords), { slide: true })).toBeNull()
  })

  test('records that were lost end their sessions', async () => {
    const { store, under, records } = recorded()
    const token = newToken(store, { a: '1' })
    for (const { handle } of [await load(store, token)].filter((each) => each !== null)) records.index.end(handle)
    expect(await under([K1]).load(token, { slide: true })).toBeNull()
  })

  test('it declares what it cannot do, and what the records cannot', () => {
    const records = { ...plain(memoryStore()), cannot: ['merge', 'slide-after-proof', 'index'] as const }
    expect(clockedCookieStore({ revocation: records }).store.cannot).toEqual(['merge', 'expect', 'slide-after-proof', 'index'])
    expect(clockedCookieStore({ revocation: records }).store.index).toBeUndefined()
    expect(clockedCookieStore({ revocation: memoryStore() }).store.cannot).toEqual(['merge', 'expect'])
    expect(clockedCookieStore().store.cannot).toEqual(['merge', 'expect', 'revoke', 'index', 'own-clock'])
  })

  test('it ends by handle where the records can, and does not pretend to where they cannot', async () => {
    const memory = memoryStore()
    const records: SessionStore = { ...plain(memory), end: (handle) => memory.index.end(handle) }
    const { store } = clockedCookieStore({ revocation: records })
    const { handle, token } = await store.create({ values: { a: '1' }, terms: TERMS })
    expect([await store.end?.(handle), await store.end?.(handle)]).toEqual([true, false])
    expect(await store.load(token, { slide: true })).toBeNull()
    expect(clockedCookieStore({ revocation: plain(memory) }).store.end).toBeUndefined()
  })

  test('readiness, events and the end are those of the records', async () => {
    const done: string[] = []
    const records: SessionStore = {
      ...plain(memoryStore()),
      ready: async () => void done.push('ready'),
      close: () => void done.push('close'),
      listen: (listener) => listener({ type: 'evicted', handle: 'h', userId: undefined }),
    }
    const { store } = clockedCookieStore({ revocation: records })
    await store.ready?.()
    store.listen?.(({ type }) => void done.push(type))
    await store.close?.()
    expect(done).toEqual(['ready', 'evicted', 'close'])
    const { store: silent } = clockedCookieStore({ revocation: plain(memoryStore()) })
    expect([silent.ready?.(), silent.listen?.(() => {}), silent.close?.()]).toEqual([undefined, undefined, undefined])
  })

  test('records that answer with promises do as well, and their failures arrive', async () => {
    const memory = plain(memoryStore())
    const records: SessionStore = {
      name: 'slow',
      create: async (record) => memory.create(record),
      load: async (token, options) => memory.load(token, options),
      update: async (token, changes) => memory.update(token, changes),
      rotate: async (token, changes) => memory.rotate(token, changes),
      destroy: async () => Promise.reject(new Error('gone away')),
    }
    const store = cookieStore({ key: 'sid', secrets: [K1], revocation: records })
    const { token } = await store.create({ values: { a: '1' }, terms: TERMS })
    const rotated = await store.rotate(token, { set: { b: '2' } })
    expect((await load(store, rotated?.token ?? ''))?.values).toEqual({ a: '1', b: '2' })
    await expect(store.destroy(token)).rejects.toThrow('gone away')
    // The size is what is told, even if the record could not be taken back.
    await expect(store.create({ values: { a: 'x'.repeat(5000) }, terms: TERMS })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_TOO_LARGE' }),
    )
  })
})

async function load(store: SessionStore, token: string, slide = false): Promise<LoadedSession | null> {
  const loaded = await store.load(token, { slide })
  if (loaded === 'reused') throw new TypeError('the token is reused')
  return loaded
}

/** The five verbs alone. */
function plain(store: MemoryStore): Pick<SessionStore, 'name' | 'create' | 'load' | 'update' | 'rotate' | 'destroy'> {
  return {
    name: store.name,
    create: (record) => store.create(record),
    load: (token, options) => store.load(token, options),
    update: (token, changes) => store.update(token, changes),
    rotate: (token, changes) => store.rotate(token, changes),
    destroy: (token) => store.destroy(token),
  }
}
