// A session that others ended while a request held it: nothing is revived, but whoever signs in then is not late but new.
import { describe, expect, test } from '@jest/globals'
import { type MemoryStore, memoryStore, type SessionStore } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { promised } from '../support/faulty-store.js'
import { answer, type Handler, siteOpener } from '../support/site.js'
import { type AnySession, appOf, clockAt, cookieOf, exchangeFor, HOUR, stored } from './harness.js'

const openSite = siteOpener()

const STORES: readonly (readonly [string, (store: MemoryStore) => SessionStore])[] = [
  ['at once', (store) => store],
  ['with promises', promised],
]

describe.each(STORES)('a session that others end meanwhile, in a store that answers %s', (_, wrap) => {
  async function visit(work: (session: AnySession) => unknown) {
    const inner = memoryStore()
    const late: Handler = async (request, response) => {
      const session = request.session as AnySession
      const { length } = session.list
      inner.index.end(session.info.handle as string)
      await work(session)
      answer(response, { length, userId: session.get('userId') })
    }
    const site = await openSite({
      framework: 'Express 5',
      options: { store: wrap(inner) },
      routes: {
        '/set': (request, response) => {
          request.session.set({ n: 1, list: [1] })
          response.end()
        },
        '/late': late,
        '/data': (request, response) => answer(response, request.session),
      },
    })
    const browser = new Browser(site.port)
    await browser.get('/set')
    const before = browser.copy()
    const { status, setCookie } = await browser.get('/late')
    expect((await before.get('/data')).json()).toEqual({})
    return {
      status,
      cookies: setCookie.length,
      gone: site.count('gone'),
      signedIn: site.count('signedIn'),
      data: (await browser.get('/data')).json(),
    }
  }

  const fresh = { status: 200, cookies: 1, gone: 1, signedIn: 1, data: { userId: 'ann' } }

  test('is no obstacle to a signIn after an increment that nobody awaited: a new session, and its cookie', async () => {
    expect(await visit((session) => (void session.increment('n'), session.signIn('ann')))).toEqual(fresh)
  })

  test('is no obstacle to a signIn after an increment whose failure the handler has seen', async () => {
    expect(await visit(async (session) => (await session.increment('n').catch(() => {}), await session.signIn('ann')))).toEqual(fresh)
  })

  test('is no obstacle to a signIn that is saved by hand after it', async () => {
    expect(
      await visit(async (session) => (await session.increment('n').catch(() => {}), await session.signIn('ann'), await session.save())),
    ).toEqual(fresh)
  })

  test('is no obstacle to an increment after the signIn, which counts in the new session', async () => {
    expect(
      await visit(
        async (session) => (await session.increment('n').catch(() => {}), await session.signIn('ann'), await session.increment('n')),
      ),
    ).toEqual({ ...fresh, data: { userId: 'ann', n: 1 } })
  })

  test('gives the new session what this request set, and nothing that only the old one had', async () => {
    const work = async (session: AnySession): Promise<void> => {
      void session.increment('n')
      session.list.push(2)
      session.set('returnTo', '/chat')
      await session.signIn('ann', { keep: true })
    }
    expect(await visit(work)).toEqual({ ...fresh, data: { userId: 'ann', returnTo: '/chat' } })
  })

  test('without a sign-in stays ended: no session, no cookie, and the response is not harmed (promise 3)', async () => {
    expect(await visit((session) => (void session.increment('n'), session.set('a', 1)))).toEqual({
      status: 200,
      cookies: 0,
      gone: 1,
      signedIn: 0,
      data: {},
    })
  })
})

test('the time to live of a key that this request set counts from the creation of the session that it ends up in', async () => {
  const clock = clockAt(1_000_000)
  const store = memoryStore({ clock })
  const app = appOf({ store })
  const token = await stored(store, { n: 1 })
  clock.now += HOUR
  const { session, state } = await exchangeFor(app, cookieOf(app, token))
  session.set('code', 1234, { ttl: 60 })
  store.destroy(token)
  await session.signIn('ann')
  await session.save()
  const load = () => store.load(String(state.stored?.token), { slide: false })
  const [, deadline] = /^~(\d+)~1234$/.exec((load() as { values: Record<string, string> }).values['code'] ?? '') ?? []
  expect(Number(deadline)).toBeGreaterThan(0)
  // The clock of the store stands still, the one of the request does not.
  expect(Number(deadline)).toBeLessThanOrEqual(60_000)
  expect(session.get('code')).toBe(1234)
  clock.now += 61_000
  const later = await exchangeFor(app, cookieOf(app, String(state.stored?.token)))
  expect([later.session.get('code'), later.session.get('userId')]).toEqual([undefined, 'ann'])
})
