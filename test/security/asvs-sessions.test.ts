// Rows of ASVS 5.0 V7 and NIST SP 800-63B-4 that take the manager and a few lines of the application; docs/security.md tells which lines.
import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { reauthenticated, requireFresh } from '../../auth/index.js'
import type { Sessions } from '../../lib/index.js'
import { cookieIn, sessionIn, shopOpener } from '../auth/kit.js'
import { DAY, HOUR, MINUTE, SECOND } from '../lib/harness.js'
import { Browser } from '../support/browser.js'
import { EVERY_FRAMEWORK, placeOpener, route, userOf, valueHeldBy } from './kit.js'

const open = placeOpener()
const openShop = shopOpener()

/** What comes after the question mark. */
function queryOf({ url = '' }: IncomingMessage): string {
  return url.slice(url.indexOf('?') + 1)
}

describe.each(EVERY_FRAMEWORK)('the other sessions of a user on %s', (framework) => {
  test('end when a factor is changed, and the one that changed it goes on under a new token (T-12)', async () => {
    const made: { sessions?: Sessions } = {}
    const place = await open(
      framework,
      {},
      {
        '/password': route(async (session, request) => {
          await reauthenticated(request)
          return made.sessions?.endAllOf('ann', { except: session.info.handle as string })
        }),
      },
    )
    made.sessions = place.sessions
    const browsers = Array.from({ length: 5 }, () => new Browser(place.port))
    for (const each of browsers) await each.get('/sign-in')
    const [changing, stolen] = [browsers[2] as Browser, (browsers[2] as Browser).copy()]
    expect((await changing.get('/password')).json()).toBe(4)
    expect(valueHeldBy(changing)).not.toBe(valueHeldBy(stolen))
    expect(await Promise.all(browsers.map((each) => userOf(each)))).toEqual(['nobody', 'nobody', 'ann', 'nobody', 'nobody'])
    expect(await userOf(stolen)).toBe('nobody')
    const ended = place.events.filter(({ name }) => name === 'ended')
    expect(ended.map(({ userId, reason }) => [userId, reason])).toEqual(Array(4).fill(['ann', 'manager']))
  })
})

describe.each(EVERY_FRAMEWORK)('an administrator on %s', (framework) => {
  test('ends every session of every user by one call, and who signs in afterwards is signed in (T-14)', async () => {
    const { port, sessions, store } = await open(framework, {}, { '/in-bob': route((session) => session.signIn('bob')) })
    const browsers = Array.from({ length: 6 }, () => new Browser(port))
    for (const [n, path] of ['/sign-in', '/sign-in', '/in-bob', '/in-bob', '/set', '/set'].entries()) await browsers[n]?.get(path)
    await sessions.endEverything()
    expect(await Promise.all(browsers.map((each) => userOf(each)))).toEqual(Array(6).fill('nobody'))
    expect(await Promise.all(browsers.map(async (each) => (await each.get('/data')).json()))).toEqual(Array(6).fill({}))
    expect([store.size, await sessions.count({})]).toEqual([0, 0])
    const [first = new Browser(port)] = browsers
    await first.get('/sign-in')
    expect([await userOf(first), await sessions.count({})]).toEqual(['ann', 1])
  })

  test('ends one session, or all of one user, and no others (T-14)', async () => {
    const { browser, port, sessions } = await open(framework, {}, { '/in-bob': route((session) => session.signIn('bob')) })
    const [again, bob] = [new Browser(port), new Browser(port)]
    for (const each of [browser, again]) await each.get('/sign-in')
    await bob.get('/in-bob')
    const users = (): Promise<unknown[]> => Promise.all([browser, again, bob].map((each) => userOf(each)))
    const { handle } = (await again.get('/info')).json() as { handle: string }
    expect([await sessions.end(handle), await users()]).toEqual([true, ['ann', 'nobody', 'bob']])
    expect([await sessions.endAllOf('ann'), await users()]).toEqual([1, ['nobody', 'nobody', 'bob']])
  })
})

describe('a page of the devices', () => {
  test('shows a user the own sessions only, ends one of them after a fresh sign-in, and holds nothing that works as a cookie (T-16)', async () => {
    const shop = await openShop((app) => {
      app.post('/in-bob', async (req, res) => (await sessionIn(req).signIn('bob'), res.end()))
      app.get('/devices', async (req, res) => {
        const { userId, handle } = sessionIn(req).info
        res.json(await shop.sessions.list({ user: userId ?? '', current: handle ?? '' }))
      })
      app.post('/devices/end', requireFresh('10m'), async (req, res) => {
        const own = await shop.sessions.list({ user: sessionIn(req).info.userId ?? '' })
        if (!own.some(({ handle }) => handle === req.body.handle)) return void res.status(404).end()
        await shop.sessions.end(req.body.handle)
        res.end()
      })
    })
    const [ann, phone, bob] = [shop.visitor(), shop.visitor(), shop.visitor()]
    const cookies = [cookieIn(await ann.post('/in')), cookieIn(await phone.post('/in')), cookieIn(await bob.post('/in-bob'))]
    const handleOf = async (who: typeof ann): Promise<string> => (await who.get('/info')).body.handle
    const shown = (await ann.get('/devices')).body as { handle: string; current: boolean }[]
    const handles = [await handleOf(ann), await handleOf(phone)]
    expect(shown.map(({ handle }) => handle).sort()).toEqual(handles.toSorted())
    expect(shown.filter(({ current }) => current).map(({ handle }) => handle)).toEqual([handles[0]])
    for (const cookie of cookies) {
      const [, verifier = ''] = decodeURIComponent(cookie).split('.')
      expect(verifier).toMatch(/^[\w-]{43}$/)
      expect(JSON.stringify(shown)).not.toContain(verifier)
    }
    expect(JSON.stringify(shown)).not.toMatch(/[\w-]{43}/)
    await ann
      .post('/devices/end')
      .send({ handle: await handleOf(bob) })
      .expect(404)
    expect((await bob.get('/info')).body.userId).toBe('bob')
    shop.clock.now += 11 * MINUTE
    await ann.post('/devices/end').send({ handle: handles[1] }).expect(401)
    await ann.post('/in')
    await ann.post('/devices/end').send({ handle: handles[1] }).expect(200)
    expect((await phone.get('/info')).body.userId).toBeNull()
    expect((await ann.get('/info')).body.userId).toBe('ann')
  })
})

describe.each(EVERY_FRAMEWORK)('a session with an identity provider on %s', (framework) => {
  test('ends by its back-channel: the one that is named there, or all of the user (T-3)', async () => {
    const routes = {
      '/callback': route(async (session, request) => {
        await session.signIn('ann')
        session.set('idpSession', queryOf(request))
      }),
    }
    const { port, sessions } = await open(framework, { indexes: ['idpSession'] }, routes)
    const browsers = [new Browser(port), new Browser(port), new Browser(port)]
    for (const [n, each] of browsers.entries()) await each.get(`/callback?s${n}`)
    const users = (): Promise<unknown[]> => Promise.all(browsers.map((each) => userOf(each)))
    for (const { handle } of await sessions.list({ index: { idpSession: 's1' } })) await sessions.end(handle)
    expect(await users()).toEqual(['ann', 'nobody', 'ann'])
    await sessions.endAllOf('ann')
    expect(await users()).toEqual(['nobody', 'nobody', 'nobody'])
  })

  test('ends with that of the provider if this is earlier, and by its own clocks if it is later (T-3)', async () => {
    const made: { sessions?: Sessions } = {}
    const routes = {
      '/callback': route(async (session, request) => {
        await session.signIn('ann')
        await session.save()
        return made.sessions?.end(session.info.handle as string, { in: queryOf(request) })
      }),
    }
    const place = await open(framework, { expiry: '12h', maxLifetime: '24h' }, routes)
    made.sessions = place.sessions
    for (const [span, lifetime] of [
      ['8h', 8 * HOUR],
      ['30d', DAY],
    ] as const) {
      const browser = new Browser(place.port)
      expect((await browser.get(`/callback?${span}`)).json()).toBe(true)
      const start = place.clock.now
      for (place.clock.now += 4 * HOUR; place.clock.now < start + lifetime; place.clock.now += 4 * HOUR) {
        expect(await userOf(browser)).toBe('ann')
      }
      place.clock.now = start + lifetime - SECOND
      expect(await userOf(browser)).toBe('ann')
      place.clock.now = start + lifetime
      expect(await userOf(browser)).toBe('nobody')
    }
  })
})

describe.each(EVERY_FRAMEWORK)('a CSRF token that is made of req.session.id on %s', (framework) => {
  test('is refused after the sign-in, the next one and the sign-out, and good until then (T-54)', async () => {
    const tokenOf = (id: string): string => createHmac('sha256', 'a key of the application').update(id).digest('base64url')
    const routes = {
      '/token': route((session) => tokenOf(session.id)),
      '/check': route((session, request) => tokenOf(session.id) === queryOf(request)),
    }
    const { browser } = await open(framework, {}, routes)
    const seen: string[] = []
    const isGood = async (token: string): Promise<unknown> => (await browser.get(`/check?${token}`)).json()
    for (const path of ['/set', '/sign-in', '/sign-in', '/sign-out', '/set']) {
      await browser.get(path)
      for (const old of seen) expect(await isGood(old)).toBe(false)
      if (path === '/sign-out') continue
      const token = (await browser.get('/token')).json() as string
      expect([await isGood(token), await isGood(token)]).toEqual([true, true])
      seen.push(token)
    }
    expect(new Set(seen).size).toBe(4)
  })
})
