import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { memoryStore, type SessionOptions, session } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore, promised } from '../support/faulty-store.js'
import { answer, type Handler, type Routes, type Site, serverOpener, siteOpener } from '../support/site.js'
import { type AnySession, appOf, cookieOf, exchangeFor, SECRET, stored, warnings } from './harness.js'

const openSite = siteOpener()
const serve = serverOpener()

afterEach(() => {
  jest.restoreAllMocks()
})

function route(
  work: (session: AnySession, request: IncomingMessage) => unknown,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => answer(response, (await work(request.session as AnySession, request)) ?? null)
}

const ROUTES: Routes = {
  '/set': route((session) => session.set({ a: 1, list: [1] })),
  '/data': route((session) => session.toJSON()),
}

async function place(
  routes: Readonly<Record<string, Handler>>,
  options: SessionOptions = {},
): Promise<Site & { browser: Browser; store: FaultyStore }> {
  const store = new FaultyStore(memoryStore())
  const site = await openSite({ framework: 'Express 5', options: { store, ...options }, routes: { ...ROUTES, ...routes } })
  return Object.assign(site, { browser: new Browser(site.port), store })
}

describe('the commit at the end of a request', () => {
  test.each([
    ['nothing was touched', () => {}, ['load']],
    ['the session was read', (session: AnySession) => session.list, ['load']],
    ['a key was set to what it was', (session: AnySession) => session.set('a', 1), ['load']],
    ['a key was set', (session: AnySession) => session.set('a', 2), ['load', 'update']],
    [
      'several keys were changed',
      (session: AnySession) => (session.list.push(2), session.delete('a'), session.set('b', 1)),
      ['load', 'update'],
    ],
    ['the user signed in', (session: AnySession) => (session.set('b', 1), void session.signIn('ann')), ['load', 'rotate']],
    ['the user changed', (session: AnySession) => session.set('user', 'ann'), ['load', 'rotate']],
    ['the user signed out', (session: AnySession) => void session.signOut(), ['load', 'destroy']],
    [
      'the session was regenerated',
      (session: AnySession, request: IncomingMessage) => (void session.regenerate(), request.session.set('b', 1)),
      ['load', 'destroy', 'create'],
    ],
  ])('when %s costs these calls and no more (promise 6)', async (_, work, calls) => {
    const { browser, store } = await place({
      '/': route((session, request) => void (work as (...args: unknown[]) => unknown)(session, request)),
    })
    await browser.get('/set')
    store.calls.length = 0
    await browser.get('/')
    expect(store.calls).toEqual(calls)
  })

  test('creates a session when a stranger sets something, and not when it comes to nothing', async () => {
    const { port, store } = await place({
      '/nothing': route((session) => (session.set('a', 1), session.delete('a'), session.clear(), session.take('b'))),
      '/sign-in': route((session) => session.signIn('ann')),
    })
    await new Browser(port).get('/nothing')
    expect(store.calls).toEqual([])
    await new Browser(port).get('/set')
    await new Browser(port).get('/sign-in')
    expect(store.calls).toEqual(['create', 'create'])
  })

  test('saves only the keys that this request changed, so that two requests lose nothing (promise 2)', async () => {
    for (const make of [memoryStore, () => promised(memoryStore())]) {
      const app = appOf({ store: make() })
      const cookie = cookieOf(app, await stored(app.config.store, { shared: 0 }))
      const [first, second] = [await exchangeFor(app, cookie), await exchangeFor(app, cookie)]
      first.session.set('one', 1)
      second.session.set('two', 2)
      await Promise.all([first.session.save(), second.session.save()])
      expect((await exchangeFor(app, cookie)).session.toJSON()).toEqual({ shared: 0, one: 1, two: 2 })
    }
  })

  test('keeps the indexes of the application in step with their keys', async () => {
    const routes = {
      '/a': route((session) => session.set('worker', 'a')),
      '/b': route((session) => session.set('worker', 'b')),
      '/other': route((session) => session.set('x', 1)),
      '/none': route((session) => session.set('worker', null)),
    }
    const { browser, sessions } = await place(routes, { indexes: ['worker'] })
    const counts = async (): Promise<number[]> => [
      await sessions.count({ index: { worker: 'a' } }),
      await sessions.count({ index: { worker: 'b' } }),
    ]
    const seen: number[][] = []
    for (const path of ['/a', '/other', '/b', '/none']) {
      await browser.get(path)
      seen.push(await counts())
    }
    expect(seen).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 0],
    ])
  })

  test('tells of what it did: names of keys, and never values', async () => {
    const { browser, events } = await place({ '/change': route((session) => session.set('secret', 'value')) })
    await browser.get('/set')
    await browser.get('/change')
    expect(events.map(({ name }) => name)).toEqual(['created', 'changed'])
    expect(events[1]).toMatchObject({ keys: ['secret'], handle: expect.stringMatching(/^[\w-]{22}$/) })
  })

  test('over plain HTTP in a place that needs Secure stores nothing, since no cookie can lead to it', async () => {
    warnings()
    const { browser, store } = await place({}, { cookie: { secure: true } })
    const { status, setCookie } = await browser.get('/set')
    expect([status, setCookie, store.calls]).toEqual([200, [], []])
  })

  test('but a save() there rejects, since nothing was saved and the handler asked', async () => {
    warnings()
    for (const work of [(session: AnySession) => session.set('a', 1), (session: AnySession) => session.signIn('ann')]) {
      const exchange = await exchangeFor(appOf({ cookie: { secure: true } }))
      await work(exchange.session as AnySession)
      const refused = { code: 'ERR_SESSION_CLOSED', message: expect.stringMatching(/must not be sent on this connection/) }
      await expect(exchange.session.save()).rejects.toMatchObject(refused)
      expect(exchange.state.stored).toBeNull()
    }
  })
})

describe('a writer that came too late', () => {
  function ending(after: (session: AnySession, response: ServerResponse) => unknown): (store: () => FaultyStore) => Handler {
    return (store) => async (request, response) => {
      const session = request.session as AnySession
      session.set('a', 2)
      await store().index?.end(session.info.handle as string)
      await after(session, response)
    }
  }

  async function visit(
    handler: (store: () => FaultyStore) => Handler,
  ): Promise<{ status: number; body: string; setCookie: readonly string[]; gone: number; errors: readonly unknown[]; next: unknown }> {
    const holder: { store?: FaultyStore } = {}
    const opened = await place({ '/late': handler(() => holder.store as FaultyStore) })
    holder.store = opened.store
    await opened.browser.get('/set')
    const { status, body, setCookie } = await opened.browser.get('/late')
    return { status, body, setCookie, gone: opened.count('gone'), errors: opened.errors, next: (await opened.browser.get('/data')).json() }
  }

  test('revives nothing, sends no cookie, and its response is not harmed (promise 3)', async () => {
    const seen = await visit(ending((_session, response) => response.end('fine')))
    expect(seen).toEqual({ status: 200, body: 'fine', setCookie: [], gone: 1, errors: [], next: {} })
  })

  test('may go on setting keys while it streams, and its response is not harmed (promise 3)', async () => {
    const seen = await visit(
      ending((session, response) => {
        response.write('first ')
        session.set('a', 3)
        session.b = 4
        response.end('last')
      }),
    )
    expect(seen).toEqual({ status: 200, body: 'first last', setCookie: [], gone: 1, errors: [], next: {} })
  })

  test('that signs in gets a new session with this request’s data only', async () => {
    const seen = await visit(ending(async (session, response) => (await session.signIn('ann', { keep: true }), response.end('in'))))
    expect(seen).toMatchObject({ status: 200, body: 'in', gone: 0, errors: [], next: { a: 2, userId: 'ann' } })
    expect(seen.setCookie).toHaveLength(1)
  })
})

describe('a commit that failed', () => {
  test('answers with next(err) and not with the handler’s response, and commits nothing more', async () => {
    const { browser, store, errors } = await place({
      '/change': (request, response) => {
        request.session.set('a', 2)
        response.setHeader('X-Handler', 'yes')
        response.end('ok')
      },
    })
    await browser.get('/set')
    store.fail('update', 'reject')
    const { status, body, headers } = await browser.get('/change')
    expect([status, headers['x-handler'], body.includes('ok<')]).toEqual([503, undefined, false])
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORE', operation: 'update' })])
    expect(store.calls).toEqual(['create', 'load', 'update'])
    expect((await browser.get('/data')).json()).toEqual({ a: 1, list: [1] })
  })

  test('by a rotation of unknown outcome leaves neither token alive', async () => {
    const { browser, store, count } = await place({ '/sign-in': route((session) => session.signIn('ann')) })
    await browser.get('/set')
    store.fail('rotate', 'reject')
    expect((await browser.get('/sign-in')).status).toBe(503)
    expect([(await browser.get('/data')).json(), await store.live(), count('ended')]).toEqual([{}, [], 1])
  })

  test('is not made good by a later save: that rejects, and nothing reaches the store', async () => {
    const store = new FaultyStore(memoryStore())
    const sessions = session({ secret: SECRET, store })
    const port = await serve((request, response) =>
      sessions(request, response, async (error) => {
        if (error === undefined) {
          request.session.set('a', 1)
          return response.end('ok')
        }
        const outcome = await request.session.save().then(
          () => 'saved',
          ({ code }) => code,
        )
        response.end(outcome)
      }),
    )
    store.fail('create', 'reject')
    const { body, setCookie } = await new Browser(port).get('/')
    expect([body, setCookie, store.calls, await store.live()]).toEqual(['ERR_SESSION_STORE', [], ['create'], []])
  })

  test.each([
    ['contains itself', true],
    ['has a getter that throws', false],
  ])('because a value %s is a SessionDataError that names the key', async (_, ring) => {
    const app = appOf()
    const { session } = await exchangeFor(app, cookieOf(app, await stored(app.config.store, { a: 1 })))
    const user: Record<string, unknown> = {}
    if (ring) user['id'] = user
    else Object.defineProperty(user, 'name', { get: () => JSON.parse('{'), enumerable: true })
    session.set('user', user)
    await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_DATA', key: 'user' })
  })
})
