import { describe, expect, test } from '@jest/globals'
import type { Express } from 'express'
import { reauthenticated, requireFresh, requireLogin } from '../../auth/index.js'
import { HOUR, MINUTE, SECOND } from '../lib/harness.js'
import { cookieIn, fullStore, HTML, sessionIn, shopOpener } from './kit.js'

const openShop = shopOpener()

const STALE = { error: 'fresh_login_required', message: 'This needs a recent sign-in. Confirm that it is you.', maxAge: 300 }

function routes(app: Express): void {
  app.post('/delete', requireFresh('5m'), (_req, res) => void res.send('deleted'))
  app.post('/confirm', async (req, res) => (await reauthenticated(req), res.send('confirmed')))
  app.get('/account', requireLogin(), (_req, res) => void res.send('account'))
}

describe('requireFresh', () => {
  test('refuses a stranger as requireLogin does', async () => {
    const shop = await openShop(routes)
    await shop.visitor().post('/delete').expect(401, { error: 'login_required', message: 'Sign in first.' })
  })

  test("lets pass for as long as it says, by the store's clock, and activity does not prolong that (T-15)", async () => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    await ann.post('/in')
    for (let minute = 0; minute < 5; minute++) {
      await ann.post('/delete').expect(200)
      shop.clock.now += MINUTE
    }
    await ann.post('/delete').expect(401, STALE)
    await ann.get('/account').expect(200)
  })

  test('ends at that very millisecond', async () => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    await ann.post('/in')
    shop.clock.now += 5 * MINUTE - SECOND
    await ann.post('/delete').expect(200)
    shop.clock.now += SECOND
    await ann.post('/delete').expect(401)
  })

  test('lets pass again after a sign-in of the same user, under a new token', async () => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    const first = cookieIn(await ann.post('/in'))
    shop.clock.now += HOUR
    await ann.post('/delete').expect(401, STALE)
    const second = cookieIn(await ann.post('/in'))
    expect(second).not.toBe(first)
    await ann.post('/delete').expect(200)
    await shop.holder(first).get('/account').expect(401)
  })

  test('lets pass whoever this very request signs in', async () => {
    const shop = await openShop((app) => {
      const signIn = async (req: Parameters<typeof sessionIn>[0]): Promise<void> => sessionIn(req).signIn('ann')
      app.post(
        '/in-and-delete',
        (req, _res, next) => void signIn(req).then(next),
        requireFresh('5m'),
        (_req, res) => void res.end(),
      )
    })
    const ann = shop.visitor()
    await ann.post('/in-and-delete').expect(200)
    shop.clock.now += HOUR
    await ann.post('/in-and-delete').expect(200)
  })

  test('sends a browser to the page that confirms, a stranger to the login page, and lets the page through for its own only', async () => {
    const shop = await openShop((app) => {
      app.use(requireFresh('5m', { redirectTo: '/login', confirmTo: '/confirm' }))
      app.get('/confirm', (_req, res) => void res.send('page'))
    })
    const ann = shop.visitor()
    const where = async (path: string) => (await ann.get(path).set(HTML)).headers['location']
    expect([await where('/edit'), await where('/confirm')]).toEqual(['/login?returnTo=%2Fedit', '/login?returnTo=%2Fconfirm'])
    await ann.post('/in')
    shop.clock.now += HOUR
    expect(await where('/edit')).toBe('/confirm?returnTo=%2Fedit')
    await ann.get('/confirm').set(HTML).expect(200, 'page')
  })

  test('sends a browser to the login page if no page confirms', async () => {
    const shop = await openShop((app) => app.use(requireFresh(300, { redirectTo: '/login' })))
    const ann = shop.visitor()
    await ann.post('/in')
    shop.clock.now += HOUR
    expect((await ann.get('/edit').set(HTML)).headers['location']).toBe('/login?returnTo=%2Fedit')
    await ann.get('/edit').expect(401, STALE)
  })
})

describe('reauthenticated', () => {
  test('gives a new token and a fresh login, kills the old token, and keeps the data of the session', async () => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    const old = cookieIn(await ann.post('/in'))
    await ann.post('/set').send({ cart: ['pear'], userId: 7 })
    const cookie = cookieIn(await ann.post('/set').send({ cart: ['pear', 'plum'] }))
    expect(cookie).toBe('')
    shop.clock.now += HOUR
    const before = (await ann.get('/info')).body
    const confirmed = cookieIn(await ann.post('/confirm').expect(200))
    expect([confirmed !== '', confirmed === old]).toEqual([true, false])
    await ann.post('/delete').expect(200)
    const after = (await ann.get('/info')).body
    expect((await ann.get('/data')).body).toEqual({ userId: 7, cart: ['pear', 'plum'] })
    expect(after).toMatchObject({ userId: '7', handle: before.handle, createdAt: before.createdAt })
    expect(after.authenticatedAt).toBe(new Date(shop.clock.now).toJSON())
    await shop.holder(old).get('/account').expect(401)
  })

  test.each([
    ['a browser that forgets', false, false, 14 * 24 * HOUR],
    ['a browser that remembers', true, true, 14 * 24 * HOUR],
    ['a span of its own', '90d', true, 90 * 24 * HOUR],
  ])('keeps how the session is remembered: %s', async (_, remember, remembered, idle) => {
    const shop = await openShop((app) => {
      routes(app)
      app.post('/remember', async (req, res) => (await req.session.signIn('ann', { remember }), res.end()))
    })
    const ann = shop.visitor()
    await ann.post('/remember')
    shop.clock.now += HOUR
    const response = await ann.post('/confirm').expect(200)
    expect(String(response.headers['set-cookie']).includes('Max-Age')).toBe(remembered)
    const { body } = await ann.get('/info')
    expect([body.remembered, Date.parse(body.idleExpiresAt) - shop.clock.now]).toEqual([remembered, idle])
  })

  test.each([
    ['user', { user: { id: 8, name: 'Ann' } }],
    ['passport', { passport: { user: 9 } }],
    ['userId, a number', { userId: 7 }],
  ])('leaves the user where the application has it, so that removing it there signs out: %s', async (_, data) => {
    const shop = await openShop((app) => {
      routes(app)
      app.post('/forget', (req, res) => {
        for (const key of Object.keys(data)) sessionIn(req).delete(key)
        res.end()
      })
    })
    const ann = shop.visitor()
    await ann.post('/set').send(data)
    await ann.post('/confirm').expect(200)
    expect((await ann.get('/data')).body).toEqual(data)
    await ann.post('/forget')
    await ann.get('/account').expect(401)
  })

  test('restarts the freshness also if it is not awaited', async () => {
    const shop = await openShop((app) => {
      routes(app)
      app.post('/forgotten', (req, res) => {
        void reauthenticated(req)
        res.end()
      })
    })
    const ann = shop.visitor()
    await ann.post('/set').send({ user: { id: 8 } })
    shop.clock.now += HOUR
    await ann.post('/forgotten').expect(200)
    await ann.post('/delete').expect(200)
    expect((await ann.get('/data')).body).toEqual({ user: { id: 8 } })
  })

  test('works where the number of sessions is limited, and there is no place for another', async () => {
    const shop = await openShop(routes, { store: fullStore(1), limits: { perUser: 1, onExceed: 'deny_new' } })
    const ann = shop.visitor()
    await ann.post('/set').send({ user: { id: 8 } })
    await ann.post('/confirm').expect(200)
    expect((await ann.get('/data')).body).toEqual({ user: { id: 8 } })
  })

  test('rejects if nobody is signed in, with a 401 of its own code, also if it is not awaited', async () => {
    const shop = await openShop((app) => {
      routes(app)
      app.post('/forgotten', (req, res) => {
        void reauthenticated(req)
        res.end()
      })
    })
    await shop.visitor().post('/confirm').expect(401, { failed: 'ERR_SESSION_NOT_SIGNED_IN' })
    await shop.visitor().post('/forgotten').expect(401, { failed: 'ERR_SESSION_NOT_SIGNED_IN' })
  })

  test('rejects after the first byte, and changes nothing', async () => {
    const failures: unknown[] = []
    const shop = await openShop((app) => {
      routes(app)
      app.get('/stream', async (req, res) => {
        const before = { ...req.session.info }
        res.write('first')
        await new Promise((resolve) => setTimeout(resolve, 20))
        await reauthenticated(req).catch((error) => failures.push(error.code))
        res.end(String(before.authenticatedAt?.getTime() === req.session.info.authenticatedAt?.getTime()))
      })
    })
    const ann = shop.visitor()
    const cookie = cookieIn(await ann.post('/in'))
    expect((await ann.get('/stream')).text).toBe('firsttrue')
    expect(failures).toEqual(['ERR_SESSION_CLOSED'])
    await shop.holder(cookie).get('/account').expect(200)
  })

  test('throws if the session middleware has not run', () => {
    expect(() => reauthenticated({} as never)).toThrow(/^reauthenticated: the session middleware has not run/)
  })
})
