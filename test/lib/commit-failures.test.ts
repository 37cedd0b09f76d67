// What becomes of a response whose session could not be saved, and how often the store is asked.
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { memoryStore, SessionStoreError } from '../../lib/index.js'
import { gate, turn } from '../support/barrier.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { rawGet } from '../support/raw-client.js'
import { answer, type Routes, type Site, siteOpener } from '../support/site.js'
import { appOf, cookieOf, exchangeFor, stored, warnings } from './harness.js'

const openSite = siteOpener()

afterEach(() => {
  jest.restoreAllMocks()
})

/** Long enough for a busy machine's memory, short enough for a test. */
const STORE_TIMEOUT = '150ms'

interface Place extends Site {
  readonly browser: Browser
  readonly store: FaultyStore
  /** The errors of `commitFailed`, with the path of their request. */
  readonly failed: readonly (readonly [string | undefined, unknown])[]
}

/** A site and a browser whose session is stored already; the calls count from there. */
async function place(routes: Routes): Promise<Place> {
  const store = new FaultyStore(memoryStore())
  const site = await openSite({
    framework: 'Express 5',
    options: { store, storeTimeout: STORE_TIMEOUT },
    routes: {
      '/start': (request, response) => {
        request.session.set({ a: 1, n: 1 })
        response.end()
      },
      '/data': (request, response) => answer(response, request.session),
      ...routes,
    },
  })
  const failed: [string | undefined, unknown][] = []
  site.sessions.on('commitFailed', ({ request, error }) => failed.push([request.url, error]))
  const browser = new Browser(site.port)
  await browser.get('/start')
  store.calls.length = 0
  return Object.assign(site, { browser, store, failed })
}

describe('the event commitFailed', () => {
  const storeError = expect.objectContaining({ code: 'ERR_SESSION_STORE', operation: 'update' })

  test.each(['throw', 'reject'] as const)('tells of a commit that fails at a first write (the store: %s)', async (how) => {
    const { browser, store, failed, errors } = await place({
      '/stream': (request, response) => {
        request.session.set('a', 2)
        // An `end` would leave the answer to the application.
        response.write('page one')
      },
    })
    store.fail('update', how)
    expect(await browser.get('/stream')).toMatchObject({ status: 503, body: 'Service Unavailable' })
    expect([failed, errors]).toEqual([[['/stream', storeError]], []])
  })

  test.each(['throw', 'reject'] as const)('tells of a commit that fails at the end of a stream (the store: %s)', async (how) => {
    const slowly = gate()
    const { port, browser, store, failed, errors } = await place({
      '/stream': async (request, response) => {
        response.write('page one')
        await slowly.pass()
        request.session.set('a', 2)
        response.end('page two')
      },
    })
    store.fail('update', how)
    const raw = rawGet(port, '/stream', browser)
    await raw.firstByte
    slowly.open()
    await raw.closed
    expect(raw.text).not.toContain('page two')
    expect([failed, errors]).toEqual([[['/stream', storeError]], []])
  })

  test('does not come if the application is told: its error handler has the error', async () => {
    const { browser, store, failed, errors } = await place({
      '/write': (request, response) => {
        request.session.set('a', 2)
        response.end('the page')
      },
    })
    store.fail('update', 'reject')
    expect((await browser.get('/write')).status).toBe(503)
    expect([failed, errors]).toEqual([[], [storeError]])
  })
})

describe('a sign-in that was saved before a later commit fails', () => {
  const routes: Routes = {
    '/in': async (request, response) => {
      await request.session.signIn('ann')
      await request.session.save()
      request.session.set('a', 2)
      response.setHeader('Set-Cookie', 'mine=1')
      if (request.headers['x-stream'] === undefined) return response.end('the page')
      // Without an `end` the answer is the middleware's own.
      response.write('page one')
    },
  }

  test.each([
    ['the error page', {}],
    ['the plain 503 of a failed first write', { 'x-stream': '1' }],
  ])('reaches the browser all the same, with %s: its old cookie is dead', async (_, headers: Record<string, string>) => {
    const { browser, store } = await place(routes)
    const before = browser.copy()
    store.fail('update', 'reject')
    const refused = await browser.get('/in', headers)
    expect(refused).toMatchObject({ status: 503, setCookie: [expect.stringMatching(/^sid=[^;]+; Max-Age=2592000/)] })
    expect([(await browser.get('/data')).json(), (await before.get('/data')).json()]).toEqual([{ userId: 'ann' }, {}])
  })
})

describe('a store that hangs', () => {
  test('costs a request one storeTimeout, however many calls of it nobody awaited', async () => {
    const { browser, store, errors, count } = await place({
      '/forget': (request, response) => {
        for (let call = 0; call < 5; call++) void request.session.increment('n')
        response.end('the page')
      },
    })
    for (let call = 0; call < 5; call++) store.hang('update')
    expect((await browser.get('/forget')).status).toBe(503)
    expect([store.calls, count('storeError')]).toEqual([['load', 'update'], 1])
    expect(errors).toMatchObject([{ code: 'ERR_SESSION_STORE', operation: 'update', timedOut: true }])
  })

  test.each(['Express’s own error page', 'a page of the handler'])(
    'is not asked again for the error page after a save() (%s)',
    async (page) => {
      const { browser, store, count } = await place({
        '/save': async (request, response) => {
          request.session.set('a', 2)
          try {
            await request.session.save()
          } catch (error) {
            if (page !== 'a page of the handler') throw error
            response.statusCode = 503
            response.end('the error page')
          }
        },
      })
      for (let call = 0; call < 3; call++) store.hang('update')
      const { status, body } = await browser.get('/save')
      expect([status, body === 'the error page']).toEqual([503, page === 'a page of the handler'])
      expect([store.calls, count('storeError')]).toEqual([['load', 'update'], 1])
    },
  )

  test('does not let a page go out as if all were well, if the handler says so after a save() that timed out', async () => {
    const { browser, store } = await place({
      '/save': async (request, response) => {
        request.session.set('a', 2)
        await request.session.save().catch(() => {})
        response.end('saved')
      },
    })
    store.hang('update')
    const { status, body } = await browser.get('/save')
    expect([status, body.includes('saved'), store.calls]).toEqual([503, false, ['load', 'update']])
  })
})

describe('a sign-in whose outcome is unknown', () => {
  test.each([
    ['a rotate that hangs', 'rotate', (store: FaultyStore) => store.hang('rotate')],
    ['a rotate whose answer is lost', 'rotate', (store: FaultyStore) => store.loseAnswer('rotate')],
    ['a rotate that is refused', 'rotate', (store: FaultyStore) => store.fail('rotate', 'reject')],
    ['the create of a stranger that hangs', 'create', (store: FaultyStore) => store.hang('create')],
    ['the create of a stranger whose answer is lost', 'create', (store: FaultyStore) => store.loseAnswer('create')],
  ] as const)('does not happen after all on the error page: %s', async (_, operation, fault) => {
    const { browser, port, store, sessions, count } = await place({
      '/in': async (request) => {
        await request.session.signIn('ann')
        await request.session.save()
      },
    })
    const who = operation === 'create' ? new Browser(port) : browser
    fault(store)
    const { status, setCookie } = await who.get('/in')
    await turn()
    expect([status, setCookie, count('signedIn')]).toEqual([503, [], 0])
    expect(store.calls.filter((call) => call === operation)).toHaveLength(1)
    expect((await who.get('/data')).json()).toEqual({})
    if (operation === 'rotate') expect(await sessions.count({ user: 'ann' })).toBe(0)
  })
})

test('a sign-in over a connection that must not carry the cookie leaves the session as it was, and a save() says so', async () => {
  warnings()
  const app = appOf({ cookie: { secure: true } })
  const token = await stored(app.config.store, { a: 1 })
  const { session } = await exchangeFor(app, cookieOf(app, token))
  await session.signIn('ann')
  await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_CLOSED' })
  expect(await app.config.store.load(token, { slide: false })).toMatchObject({ values: { a: '1' }, facts: { indexes: {} } })
})

describe('an error that another copy of this package made', () => {
  const shape = { code: 'ERR_SESSION_STORE', status: 503, operation: 'rotate', unknown: false, timedOut: false }

  test.each([
    ['of this copy', () => new SessionStoreError('rotate', 'was not sent', { unknown: false })],
    ['an Error of the same form', () => Object.assign(new Error('was not sent'), shape)],
    [
      'an Error without the newer fields',
      () => Object.assign(new Error('was not sent'), { code: shape.code, status: 503, unknown: false }),
    ],
    ['a plain object', () => ({ message: 'was not sent', ...shape })],
    ['an object without a prototype', () => Object.assign(Object.create(null), shape)],
  ])('and that says that nothing happened destroys no session: %s', async (_, make) => {
    for (const how of ['reject', 'throw'] as const) {
      const { browser, store, count } = await place({
        '/in': async (request, response) => {
          await request.session.signIn('ann')
          response.end('in')
        },
      })
      store.fail('rotate', how, make())
      expect((await browser.get('/in')).status).toBe(503)
      await turn()
      expect([store.calls, count('ended')]).toEqual([['load', 'rotate'], 0])
      expect((await browser.get('/data')).json()).toEqual({ a: 1, n: 1 })
    }
  })
})
