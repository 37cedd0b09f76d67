import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { type MemoryStore, memoryStore, type SessionOptions } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { promised } from '../support/faulty-store.js'
import { answer, type Routes, type Site, siteOpener } from '../support/site.js'
import { type AnySession, appOf, cookieOf, exchangeFor, stored } from './harness.js'

const openSite = siteOpener()

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

describe('signIn', () => {
  test('drops what a stranger had, but for keepOnSignIn and what this request sets before or after', async () => {
    const routes = {
      '/in': route(async (session) => (session.set('before', 1), await session.signIn('ann'), session.set('after', 2), session.toJSON())),
    }
    const { browser } = await place(routes, { keepOnSignIn: ['locale'] })
    await browser.get('/set')
    const data = { userId: 'ann', locale: 'de', before: 1, after: 2 }
    expect((await browser.get('/in')).json()).toEqual(data)
    expect((await browser.get('/')).json()).toEqual(data)
  })

  test.each([
    [{ keep: true }, { userId: 7, cart: ['pear'], locale: 'de' }],
    [{ keep: ['cart', 'none'] }, { userId: 7, cart: ['pear'] }],
    [{ keep: [] }, { userId: 7 }],
    [{}, { userId: 7 }],
  ] as const)('with %j leaves %j', async (options, data) => {
    const { browser } = await place({ '/in': route((session) => session.signIn(7, options)) })
    await browser.get('/set')
    await browser.get('/in')
    expect((await browser.get('/')).json()).toEqual(data)
  })

  test('keeps the handle of the session, and a forgotten await is harmless', async () => {
    const { browser, count, store } = await place({ '/in': route((session) => void session.signIn('ann')) })
    await browser.get('/set')
    const [handle] = (browser.cookies.get('sid') ?? '').split('.')
    const { setCookie } = await browser.get('/in')
    expect(setCookie).toHaveLength(1)
    expect((browser.cookies.get('sid') ?? '').split('.')[0]).toBe(handle)
    expect([count('rotated'), count('signedIn'), store.size]).toEqual([1, 1, 1])
  })

  test('with remember: false gives a browser-session cookie, and the option remember decides by default (T-53)', async () => {
    const routes = {
      '/in': route((session) => session.signIn('ann', { remember: false })),
      '/remembered': route((session) => session.signIn('ann', { remember: true })),
    }
    const lineOf = async (path: string, options: SessionOptions): Promise<string> =>
      String((await (await place(routes, options)).browser.get(path)).setCookie)
    expect(await lineOf('/in', {})).not.toMatch(/max-age|expires/i)
    expect(await lineOf('/sign-in', { remember: false })).not.toMatch(/max-age|expires/i)
    expect(await lineOf('/remembered', { remember: false })).toMatch(/Max-Age=2592000/)
    expect(await lineOf('/sign-in', {})).toMatch(/Max-Age=2592000/)
  })

  test.each([['', null, undefined, {}, true, Number.NaN, Number.POSITIVE_INFINITY]])('refuses what is no id of a user', async (...ids) => {
    for (const id of ids) {
      const { session } = await exchangeFor(appOf())
      await expect(session.signIn(id as never)).rejects.toThrow(/^signIn: expected the id of a user/)
      expect(session.toJSON()).toEqual({})
    }
  })

  test('keeps what this request set, also if it saved it before', async () => {
    const { browser } = await place({
      '/in': route(async (session) => {
        session.set('returnTo', '/chat')
        await session.save()
        await session.signIn('ann')
      }),
    })
    await browser.get('/set')
    await browser.get('/in')
    expect((await browser.get('/')).json()).toEqual({ returnTo: '/chat', userId: 'ann' })
  })

  test('twice in one request signs in the second user', async () => {
    const { browser, sessions } = await place({
      '/in': route(async (session) => (await session.signIn('ann'), await session.signIn('bob'))),
    })
    await browser.get('/set')
    await browser.get('/in')
    expect((await browser.get('/')).json()).toEqual({ userId: 'bob' })
    expect([await sessions.count({ user: 'ann' }), await sessions.count({ user: 'bob' })]).toEqual([0, 1])
  })

  test('followed by another user in the data signs that user in, so that both agree (promise 4)', async () => {
    const { browser, sessions } = await place({
      '/in': route(async (session) => (await session.signIn('ann'), session.set('userId', 'bob'))),
    })
    await browser.get('/set')
    await browser.get('/in')
    const { userId } = (await browser.get('/')).json() as { userId: string }
    expect([await sessions.count({ user: userId }), await sessions.count({ user: userId === 'bob' ? 'ann' : 'bob' })]).toEqual([1, 0])
  })
})

describe('a user that changes in the data', () => {
  test.each([
    ['a key', (session: AnySession) => session.set('userId', 'bob')],
    [
      'a property',
      (session: AnySession) => {
        session.userId = 'bob'
      },
    ],
    [
      'passport',
      (session: AnySession) => {
        session.passport = { user: 'bob' }
      },
    ],
    [
      'an object changed in place',
      (session: AnySession) => {
        session.user.id = 'bob'
      },
    ],
  ])('through %s rotates the token by itself (promise 4)', async (name, change) => {
    const { browser, count, sessions } = await place({
      '/start': route((session) => (name.startsWith('an object') ? session.set('user', { id: null }) : session.set('cart', 1))),
      '/change': route(change),
    })
    await browser.get('/start')
    const before = browser.copy()
    expect((await browser.get('/change')).setCookie).toHaveLength(1)
    expect([count('rotated'), count('signedIn'), await sessions.count({ user: 'bob' })]).toEqual([1, 1, 1])
    expect((await before.get('/')).json()).toEqual({})
    expect(await browser.get('/').then(({ json }) => (json() as { cart?: 1 }).cart)).toBeUndefined()
  })

  test('a second time in one request, after the id was read, is the last one (promise 4)', async () => {
    const { browser, sessions } = await place({
      '/change': route((session) => {
        session.userId = 'ann'
        const { id } = session
        session.userId = 'bob'
        return id
      }),
    })
    await browser.get('/set')
    await browser.get('/change')
    expect((await browser.get('/')).json()).toEqual({ userId: 'bob' })
    expect([await sessions.count({ user: 'ann' }), await sessions.count({ user: 'bob' })]).toEqual([0, 1])
  })

  test('to nobody rotates, too, and is no sign-in', async () => {
    const { browser, count, sessions } = await place({ '/forget': route((session) => session.delete('userId')) })
    await browser.get('/sign-in')
    const before = browser.copy()
    expect((await browser.get('/forget')).setCookie).toHaveLength(1)
    expect([await sessions.count({ user: 'ann' }), count('signedIn')]).toEqual([0, 1])
    expect((await before.get('/')).json()).toEqual({})
  })
})

describe('the id of a session', () => {
  test('changes at every sign-in, sign-out, regenerate and change of user, at once, and stays otherwise', async () => {
    const changing = { '/in': 'signIn', '/out': 'signOut', '/again': 'regenerate' } as const
    const routes: Record<string, ReturnType<typeof route>> = {
      '/write': route((session) => session.increment('n')),
      '/user': route((session) => ((session.userId = 'bob'), session.id)),
    }
    for (const [path, name] of Object.entries(changing)) {
      routes[path] = route(async (session, request) => {
        await (name === 'signIn' ? session.signIn('ann') : session[name]())
        request.session.set('n', 0)
        return request.session.id
      })
    }
    const { browser } = await place(routes)
    const id = async (path: string): Promise<unknown> => (await browser.get(path)).json()
    await browser.get('/set')
    const ids = [await id('/id')]
    for (const path of ['/in', '/in', '/user', '/again', '/out']) {
      ids.push(await id(path))
      await id('/write')
      expect([await id('/id'), await id('/id')]).toEqual([ids.at(-1), ids.at(-1)])
    }
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('is no part of the cookie, the handle or the store key', async () => {
    const { browser } = await place({ '/all': route((session) => [session.id, session.info.handle]) })
    await browser.get('/set')
    const [id, handle] = (await browser.get('/all')).json() as [string, string]
    expect(id).not.toBe(handle)
    expect(browser.cookies.get('sid')).not.toContain(id)
  })

  test('changes with the user at the moment of signIn, though an update of its request is still under way', async () => {
    const app = appOf({ store: promised(memoryStore()) })
    const { session, state } = await exchangeFor(app, cookieOf(app, await stored(app.config.store, { n: 1 })))
    const before = session.id
    void session.increment('n')
    void session.signIn('ann')
    const { id } = session
    expect([id === before, session.userId, state.userId]).toEqual([false, 'ann', 'ann'])
    await session.save()
    expect([session.id, state.stored?.facts.id, state.userId]).toEqual([id, id, 'ann'])
  })

  test('that a handler has read stays, though an update of its request is still under way', async () => {
    const app = appOf({ store: promised(memoryStore()) })
    const { session } = await exchangeFor(app, cookieOf(app, await stored(app.config.store, { n: 1 })))
    const updated = session.increment('n')
    session.set('userId', 'ann')
    const { id } = session
    await updated
    await session.save()
    expect(session.id).toBe(id)
  })
})
