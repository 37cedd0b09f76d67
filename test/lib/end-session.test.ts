import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { type MemoryStore, memoryStore, type SessionOptions, type SessionStore } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { answer, type Routes, type Site, siteOpener } from '../support/site.js'
import { type AnySession, appOf, clockAt, cookieOf, exchangeFor, stored } from './harness.js'

const openSite = siteOpener()
const TERMS = { id: 'public-id', idleMs: 1e9, lifetimeMs: null, persistent: true, indexes: {} }

async function place(routes: Routes, options: SessionOptions = {}): Promise<Site & { browser: Browser; store: MemoryStore }> {
  const store = memoryStore()
  const site = await openSite({ framework: 'Express 5', options: { store, ...options }, routes: { ...ROUTES, ...routes } })
  return Object.assign(site, { browser: new Browser(site.port), store })
}

function route(
  work: (session: AnySession, request: IncomingMessage) => unknown,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => answer(response, (await work(request.session as AnySession, request)) ?? null)
}

const ROUTES: Routes = {
  '/set': route((session) => session.set({ cart: ['pear'], locale: 'de' })),
  '/sign-in': route((session) => session.signIn('ann')),
  '/sign-out': route((session) => session.signOut()),
  '/id': route((session) => session.id),
  '/': route((session) => session.toJSON()),
}

describe('signOut', () => {
  test('ends the session in the store at once and leaves a fresh, unsaved one', async () => {
    const sizes: number[] = []
    const { browser, store, count } = await place({
      '/out': route(async (session, request) => {
        await session.signOut()
        sizes.push(store.size)
        return [request.session === session, (request.session as AnySession).toJSON(), request.session.info.isNew]
      }),
    })
    await browser.get('/sign-in')
    const answered = await browser.get('/out')
    expect([answered.json(), sizes, count('ended')]).toEqual([[false, {}, true], [0], 1])
    expect(answered.setCookie).toEqual([expect.stringMatching(/^sid=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/)])
    expect(browser.cookies.size).toBe(0)
  })

  test('lets the next page say so: what is set afterwards is a new session', async () => {
    const { browser, store } = await place({
      '/out': route(async (session, request) => (await session.signOut(), request.session.set('flash', 'signed out'))),
    })
    await browser.get('/sign-in')
    const before = browser.copy()
    expect((await browser.get('/out')).setCookie).toHaveLength(1)
    expect([(await browser.get('/')).json(), (await before.get('/')).json(), store.size]).toEqual([{ flash: 'signed out' }, {}, 1])
  })

  test('takes effect without an await, and twice is once', async () => {
    const { browser, count, store } = await place({
      '/out': route((session, request) => (void session.signOut(), void session.signOut(), void request.session.signOut())),
    })
    await browser.get('/sign-in')
    await browser.get('/out')
    expect([count('ended'), store.size]).toEqual([1, 0])
  })

  test('drops what this request changed before, also a sign-in', async () => {
    const { browser, store } = await place({
      '/both': route(async (session) => (session.set('a', 1), await session.signIn('bob'), await session.signOut())),
    })
    await browser.get('/sign-in')
    await browser.get('/both')
    expect([(await browser.get('/')).json(), store.size]).toEqual([{}, 0])
  })
})

describe('regenerate', () => {
  test.each([
    ['a promise', (session: AnySession) => session.regenerate()],
    ['a callback', (session: AnySession) => new Promise((resolve) => session.regenerate(resolve))],
  ])('gives a new, empty session in req.session, and the old object stays a readable snapshot (%s)', async (_, regenerate) => {
    const { browser, store } = await place({
      '/again': route(async (session, request) => {
        await regenerate(session)
        request.session.set('fresh', 1)
        return [session.toJSON(), request.session.toJSON()]
      }),
    })
    await browser.get('/set')
    const before = browser.copy()
    expect((await browser.get('/again')).json()).toEqual([{ cart: ['pear'], locale: 'de' }, { fresh: 1 }])
    expect([(await browser.get('/')).json(), (await before.get('/')).json(), store.size]).toEqual([{ fresh: 1 }, {}, 1])
  })

  test.each([
    [true, { cart: ['pear'], locale: 'de' }],
    [['locale'], { locale: 'de' }],
  ] as const)('with keep: %j leaves %j', async (keep, data) => {
    const { browser } = await place({ '/again': route((session) => session.regenerate({ keep })) })
    await browser.get('/set')
    await browser.get('/again')
    expect((await browser.get('/')).json()).toEqual(data)
  })

  test.each([
    ['userId', { userId: 'ann' }],
    ['user', { user: { id: 'ann' } }],
    ['passport', { passport: { user: 'ann' } }],
    ['userId and user', { userId: 'ann', user: { id: 'ann', name: 'Ann' } }],
    ['user and passport', { user: 'ann', passport: { user: 'ann' } }],
  ])('does not keep who is signed in, whatever it keeps: %s', async (_, who) => {
    for (const keep of [true, ['cart', ...Object.keys(who)]] as const) {
      const app = appOf()
      const token = await stored(app.config.store, { ...who, cart: ['pear'] }, { indexes: { userId: 'ann' } })
      const exchange = await exchangeFor(app, cookieOf(app, token))
      // Who only looks at it has not set it.
      expect(exchange.session.toJSON()).toMatchObject(who)
      await exchange.session.regenerate({ keep })
      await exchange.session.save()
      expect([exchange.session.get('cart'), exchange.state.userId, exchange.state.stored?.facts.indexes]).toEqual([['pear'], undefined, {}])
    }
  })

  test('keeps who was signed in by this very request', async () => {
    const app = appOf()
    for (const [key, value] of Object.entries({ userId: 'bob', user: { id: 'bob' } })) {
      const token = await stored(app.config.store, { userId: 'ann', cart: ['pear'] }, { indexes: { userId: 'ann' } })
      const exchange = await exchangeFor(app, cookieOf(app, token))
      exchange.session.delete('userId')
      exchange.session.set(key, value)
      await exchange.session.regenerate({ keep: true })
      await exchange.session.save()
      expect([exchange.session.toJSON(), exchange.state.userId]).toEqual([{ [key]: value, cart: ['pear'] }, 'bob'])
    }
  })

  test('keeps the time to live of a key that goes along', async () => {
    const app = appOf({ store: memoryStore({ clock: clockAt(1_000_000) }) })
    const exchange = await exchangeFor(app)
    exchange.session.set('code', 1, { ttl: 60 })
    await exchange.session.regenerate({ keep: true })
    await exchange.session.save()
    const loaded = await app.config.store.load(exchange.state.stored?.token as string, { slide: false })
    expect(loaded).toMatchObject({ values: { code: expect.stringMatching(/^~\d+~1$/) } })
  })

  test('keeps no time to live that this request has taken from a key', async () => {
    const app = appOf({ store: memoryStore({ clock: clockAt(1_000_000) }) })
    const token = await app.config.store.create({ values: { code: '~60000~1' }, terms: TERMS })
    const exchange = await exchangeFor(app, cookieOf(app, token.token))
    exchange.session.set('code', 2)
    await exchange.session.regenerate({ keep: ['code'] })
    await exchange.session.save()
    const loaded = await app.config.store.load(exchange.state.stored?.token as string, { slide: false })
    expect(loaded).toMatchObject({ values: { code: '2' } })
  })

  test('leaves an old object that can neither be changed nor saved any more', async () => {
    const store = memoryStore()
    const exchange = await exchangeFor(appOf({ store }))
    const old = exchange.session
    old.set('a', 1)
    await old.regenerate()
    expect(() => old.set('a', 2)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
    await old.save().catch(() => {})
    expect(store.size).toBe(0)
  })
})

describe('destroy', () => {
  test.each([
    ['a promise', (session: AnySession) => session.destroy()],
    ['a callback', (session: AnySession) => new Promise((resolve) => session.destroy(resolve))],
  ])('is the end: the cookie is removed, and req.session can be read and not changed (%s)', async (_, destroy) => {
    const { browser, store } = await place({
      '/end': route(async (session, request) => {
        await destroy(session)
        const codes = ['set', 'signIn'].map(async (name) =>
          (async () => (request.session as AnySession)[name]('a', 1))().catch(({ code }) => code),
        )
        return [request.session.toJSON(), ...(await Promise.all(codes))]
      }),
    })
    await browser.get('/set')
    const { json, setCookie } = await browser.get('/end')
    expect(json()).toEqual([{}, 'ERR_SESSION_CLOSED', 'ERR_SESSION_CLOSED'])
    expect([setCookie.length, browser.cookies.size, store.size]).toEqual([1, 0, 0])
  })

  test('is idempotent, and a session that was gone already leaves the cookie alone', async () => {
    const { browser, store, count } = await place({
      '/end': route(async (session) => (store.index.end(session.info.handle as string), await session.destroy(), await session.destroy())),
    })
    await browser.get('/set')
    expect((await browser.get('/end')).setCookie).toEqual([])
    expect(count('ended')).toBe(0)
  })

  test('rejects if the store fails, so that no page says "signed out" wrongly', async () => {
    const store: SessionStore = new FaultyStore(memoryStore())
    const app = appOf({ store })
    const { session } = await exchangeFor(app, cookieOf(app, await stored(store, {})))
    ;(store as FaultyStore).fail('destroy', 'reject')
    await expect(session.destroy()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
  })
})
