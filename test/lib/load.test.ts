import { describe, expect, jest, test } from '@jest/globals'
import type { SessionApp } from '../../lib/app.js'
import type { Arrival } from '../../lib/exchange.js'
import type { RejectReason } from '../../lib/index.js'
import { loadSession } from '../../lib/load.js'
import { readSessionCookies } from '../../lib/session-cookie.js'
import { joinToken, newHandle, newVerifier } from '../../lib/token.js'
import { memoryStore } from '../../stores/memory.js'
import { FaultyStore, promised } from '../support/faulty-store.js'
import { appOf, clockAt, DAY, requestWith, stored } from './harness.js'

interface Told {
  readonly rejected: RejectReason[]
  readonly reuse: (string | undefined)[]
}

function listened(app: SessionApp): Told {
  const told: Told = { rejected: [], reuse: [] }
  app.events.on('rejected', ({ reason }) => told.rejected.push(reason))
  app.events.on('reuse', ({ handle }) => told.reuse.push(handle))
  return told
}

async function arrive(app: SessionApp, ...tokens: readonly string[]): Promise<Arrival> {
  const request = requestWith({ cookie: tokens.map((token) => `sid=${app.signer.seal(token)}`).join('; ') })
  return loadSession(app, request, readSessionCookies(app, request))
}

function unknownToken(): string {
  return joinToken(newHandle(), newVerifier())
}

describe('loading the session of a request', () => {
  test('costs one call to the store, and none without a cookie whose signature holds (T-4, T-45)', async () => {
    const store = new FaultyStore(memoryStore())
    const app = appOf({ store })
    const told = listened(app)
    const token = await stored(store, { a: 1 })
    expect((await arrive(app, token)).found?.loaded.values).toEqual({ a: '1' })
    expect(store.calls).toEqual(['create', 'load'])
    for (const cookie of ['', 'x=1', 'sid=', 'sid=forged', `sid=${token}`, `sid=${app.signer.seal(token)}x`]) {
      const request = requestWith({ cookie })
      expect(await loadSession(app, request, readSessionCookies(app, request))).toMatchObject({ found: null, lost: false })
    }
    expect(store.calls).toHaveLength(2)
    expect(told.rejected).toEqual(['signature', 'signature', 'signature', 'signature'])
  })

  test('finds nothing for a signed token that the store does not know, and says so (T-45)', async () => {
    const app = appOf()
    const told = listened(app)
    expect(await arrive(app, unknownToken())).toEqual({ found: null, lost: true, several: false, degraded: null })
    expect(told.rejected).toEqual(['unknown'])
  })

  test('finds nothing for an old verifier, and reports its reuse', async () => {
    const app = appOf()
    const told = listened(app)
    const { store } = app.config
    const old = await stored(store, {})
    const rotated = await store.rotate(old, {})
    expect(await arrive(app, old)).toEqual({ found: null, lost: true, several: false, degraded: null })
    expect(told).toEqual({ rejected: [], reuse: [rotated?.handle] })
  })

  test('uses the cookie that loads if several are of one handle, in either order (T-47)', async () => {
    for (const reversed of [false, true]) {
      const app = appOf()
      const old = await stored(app.config.store, {})
      const current = (await app.config.store.rotate(old, {}))?.token as string
      const arrival = await arrive(app, ...(reversed ? [current, old] : [old, current]))
      expect([arrival.found?.cookie.token, arrival.several, arrival.lost]).toEqual([current, false, false])
    }
  })

  test('uses the one that is live if the others are unknown (T-47)', async () => {
    const app = appOf()
    const live = await stored(app.config.store, {})
    expect((await arrive(app, unknownToken(), live, unknownToken())).found?.cookie.token).toBe(live)
  })

  test('uses none if two different sessions are live, in either order, and says so (T-47)', async () => {
    const app = appOf()
    const told = listened(app)
    const [attackers, victims] = [await stored(app.config.store, {}), await stored(app.config.store, {})]
    expect(await arrive(app, attackers, victims)).toEqual({ found: null, lost: false, several: true, degraded: null })
    expect(await arrive(app, victims, attackers)).toEqual({ found: null, lost: false, several: true, degraded: null })
    expect(told.rejected).toEqual(['several', 'several'])
  })

  test('works the same with a store that answers later', async () => {
    const app = appOf({ store: promised(memoryStore()) })
    const [first, second] = [await stored(app.config.store, { a: 1 }), await stored(app.config.store, {})]
    expect((await arrive(app, first)).found?.loaded.values).toEqual({ a: '1' })
    expect((await arrive(app, first, second)).several).toBe(true)
  })

  test('rejects if the store fails: an error never makes a stranger of a user', async () => {
    const store = new FaultyStore(memoryStore())
    const app = appOf({ store })
    const token = await stored(store, {})
    store.fail('load', 'reject')
    await expect(arrive(app, token)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', operation: 'load' })
    store.fail('load', 'throw')
    await expect(arrive(app, token)).rejects.toMatchObject({ status: 503 })
  })

  test('slides unless the option says that this request must not', async () => {
    const store = memoryStore()
    const load = jest.spyOn(store, 'load')
    const token = await stored(store, {})
    await arrive(appOf({ store }), token)
    await arrive(appOf({ store, slide: ({ url }) => url !== '/' }), token)
    expect(load.mock.calls.map(([, options]) => options)).toEqual([{ slide: true }, { slide: false }])
  })
})

describe('a session past one of its clocks', () => {
  test.each([
    ['idle', { idleMs: 1000, lifetimeMs: null }, 1000],
    ['absolute', { idleMs: 14 * DAY, lifetimeMs: 1000 }, 1000],
  ])('is not used, even if the store still gives it away (%s, T-8, T-9)', async (_, terms, age) => {
    const clock = clockAt(5000)
    const store = memoryStore({ clock })
    const token = await stored(store, {}, terms)
    const load = store.load.bind(store)
    const careless = load(token, { slide: false }) as object
    jest.spyOn(store, 'load').mockImplementation(() => ({ ...careless, now: 5000 + age }) as never)
    const app = appOf({ store })
    expect(await arrive(app, token)).toMatchObject({ found: null, lost: true })
    jest.spyOn(store, 'load').mockImplementation(() => ({ ...careless, now: 5000 + age - 1 }) as never)
    expect((await arrive(app, token)).found).not.toBeNull()
  })
})
