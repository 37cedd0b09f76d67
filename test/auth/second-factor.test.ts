import { describe, expect, test } from '@jest/globals'
import type { Express } from 'express'
import { MemoryStore } from 'express-session'
import {
  type BeginSignInOptions,
  beginSignIn,
  completeSignIn,
  countAttempt,
  pendingUser,
  requireFresh,
  requireLogin,
  withReturnTo,
} from '../../auth/index.js'
import { MINUTE, SECOND } from '../lib/harness.js'
import { cookieIn, fullStore, HTML, sessionIn, shopOpener } from './kit.js'

const openShop = shopOpener()

/** `POST /password` begins the sign-in of user 7 with the options of its body, `POST /code` completes it with those of its own. */
function routes(app: Express): void {
  app.post('/password', async (req, res) => {
    await beginSignIn(req, 7, req.body as BeginSignInOptions)
    res.redirect(withReturnTo('/login/code', req))
  })
  app.post('/attempt', async (req, res) => void res.json(await countAttempt(req)))
  app.post('/code', async (req, res) => void res.json(await completeSignIn(req, req.body)))
  app.get('/pending', (req, res) => void res.json(pendingUser(req)))
  app.get('/account', requireLogin({ redirectTo: '/login', secondFactorTo: '/login/code' }), (_req, res) => void res.send('account'))
  app.post('/delete', requireFresh('5m'), (_req, res) => void res.send('deleted'))
}

const SECOND_FACTOR_REQUIRED = {
  error: 'second_factor_required',
  message: 'The sign-in is not complete. Give the second factor.',
}

describe('whoever has given the first of two factors', () => {
  test('is not signed in: not to requireLogin and requireFresh, not to the resolver, not in any list (T-43)', async () => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    await ann.post('/password').expect(302)
    await ann.get('/account').expect(401, SECOND_FACTOR_REQUIRED)
    await ann.post('/delete').expect(401, SECOND_FACTOR_REQUIRED)
    expect((await ann.get('/info')).body).toMatchObject({ userId: null, authenticatedAt: null })
    expect((await ann.get('/data')).body).not.toHaveProperty('userId')
    expect([await shop.sessions.count({ user: 7 }), await shop.sessions.list({ user: 7 })]).toEqual([0, []])
    await ann.get('/pending').expect(200, '7')
    await ann.post('/code').expect(200, '7')
    await ann.get('/account').expect(200, 'account')
    await ann.post('/delete').expect(200)
    await ann.get('/pending').expect(200, 'null')
    expect([(await ann.get('/data')).body, await shop.sessions.count({ user: 7 })]).toEqual([{ userId: 7 }, 1])
  })

  test('gets a new token at each of both steps, and the one before is dead (T-7)', async () => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    const tokens = [
      cookieIn(await ann.post('/set').send({ cart: ['planted'] })),
      cookieIn(await ann.post('/password').expect(302)),
      cookieIn(await ann.post('/code').expect(200)),
    ]
    expect(new Set(tokens).size).toBe(3)
    const [planted = '', pending = '', signedIn = ''] = tokens
    expect((await shop.holder(planted).get('/data')).body).toEqual({})
    await shop.holder(pending).get('/pending').expect(200, 'null')
    await shop.holder(planted).post('/code').expect(401)
    await shop.holder(pending).get('/account').expect(401)
    await shop.holder(signedIn).get('/account').expect(200)
  })

  test('is no longer who was signed in before', async () => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    await ann.post('/in')
    await ann.post('/password').send({ keep: true }).expect(302)
    await ann.get('/account').expect(401, SECOND_FACTOR_REQUIRED)
    expect([await shop.sessions.count({ user: 'ann' }), (await ann.get('/info')).body.userId]).toEqual([0, null])
  })

  test('has only as long as was said, by the store’s clock: 10 minutes, or `within`', async () => {
    const shop = await openShop(routes)
    for (const [options, span] of [[{}, 10 * MINUTE] as const, [{ within: '30s' }, 30 * SECOND] as const]) {
      const ann = shop.visitor()
      await ann.post('/password').send(options).expect(302)
      shop.clock.now += span - 5 * SECOND
      await ann.get('/pending').expect(200, '7')
      shop.clock.now += 5 * SECOND
      await ann.get('/pending').expect(200, 'null')
      await ann.post('/code').expect(401, { failed: 'ERR_SESSION_NOT_SIGNED_IN' })
      await ann.post('/attempt').expect(401, { failed: 'ERR_SESSION_NOT_SIGNED_IN' })
      expect((await ann.get('/account').expect(401)).body.error).toBe('login_required')
    }
  })

  test('is sent to the page of the second factor, with the way back, which goes along from the login page', async () => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    const step = await ann.post('/password?returnTo=/account').expect(302)
    expect(step.headers['location']).toBe('/login/code?returnTo=%2Faccount')
    const { headers } = await ann.get('/account').set(HTML).expect(303)
    expect(headers['location']).toBe('/login/code?returnTo=%2Faccount')
  })

  test('is over with a sign-out, and with a sign-in that asks for no second factor', async () => {
    const shop = await openShop((app) => {
      routes(app)
      app.post('/cancel', async (req, res) => (await req.session.signOut(), res.end()))
      app.post('/in-with-all', async (req, res) => (await req.session.signIn('bob', { keep: true }), res.end()))
    })
    const ann = shop.visitor()
    await ann.post('/password')
    await ann.post('/cancel')
    await ann.post('/code').expect(401)
    await ann.post('/password')
    await ann.post('/in-with-all')
    await ann.get('/pending').expect(200, 'null')
    await ann.post('/code').expect(401)
    expect((await ann.get('/info')).body.userId).toBe('bob')
  })
})

describe('a sign-in of two steps', () => {
  test.each([
    ['the encrypted cookie', { store: 'cookie' }],
    ['the encrypted cookie in parts', { store: 'cookie', chunks: 3 }],
    ['a store made for express-session', { store: new MemoryStore() }],
  ] as const)('works in %s', async (_, options) => {
    const shop = await openShop(routes, options)
    const ann = shop.visitor()
    await ann.post('/set').send({ cart: ['planted'] })
    await ann.post('/password').expect(302)
    await ann.get('/account').expect(401, SECOND_FACTOR_REQUIRED)
    await ann.post('/attempt').expect(200, '1')
    await ann.post('/attempt').expect(200, '2')
    await ann.post('/code').expect(200, '7')
    await ann.get('/account').expect(200)
    await ann.post('/delete').expect(200)
    expect((await ann.get('/data')).body).toEqual({ userId: 7 })
  })

  test.each([
    ['nothing', {}, {}, {}],
    ['what the first step names, through both', { keep: ['cart'] }, {}, { cart: ['pear'] }],
    ['what the second step names instead', { keep: ['cart'] }, { keep: ['theme'] }, {}],
    ['everything', { keep: true }, {}, { cart: ['pear'], theme: 'dark' }],
  ])('keeps of a stranger %s', async (_, first, second, kept) => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    await ann.post('/set').send({ cart: ['pear'], theme: 'dark' })
    await ann.post('/password').send(first).expect(302)
    await ann.post('/code').send(second).expect(200)
    expect((await ann.get('/data')).body).toEqual({ userId: 7, ...kept })
  })

  test('keeps what keepOnSignIn names, and what the request of either step sets', async () => {
    const begin = async (app: Express): Promise<void> => {
      app.post('/begin', async (req, res) => (sessionIn(req).set('first', 1), await beginSignIn(req, 7), res.end()))
      app.post('/complete', async (req, res) => (sessionIn(req).set('second', 2), await completeSignIn(req), res.end()))
    }
    const shop = await openShop((app) => void begin(app), { keepOnSignIn: ['cart'] })
    const ann = shop.visitor()
    await ann.post('/set').send({ cart: ['pear'], theme: 'dark' })
    await ann.post('/begin').expect(200)
    expect(Object.keys((await ann.get('/data')).body).sort()).toEqual(['auth:pending', 'cart', 'first'])
    await ann.post('/complete').expect(200)
    expect((await ann.get('/data')).body).toEqual({ userId: 7, cart: ['pear'], first: 1, second: 2 })
  })

  test.each([
    [{ remember: false }, {}, false],
    [{ remember: '90d' }, {}, true],
    [{ remember: '90d' }, { remember: false }, false],
    [{}, {}, true],
  ])('remembers as its first step (%j) says, unless the second (%j) says otherwise', async (first, second, remembered) => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    await ann.post('/password').send(first)
    const response = await ann.post('/code').send(second).expect(200)
    expect(String(response.headers['set-cookie']).includes('Max-Age')).toBe(remembered)
  })

  test('works with a resolver of its own, whose keys are set with the second step', async () => {
    const shop = await openShop(
      (app) => {
        routes(app)
        app.post('/own-code', async (req, res) => {
          sessionIn(req).set('account', { id: pendingUser(req) })
          await completeSignIn(req)
          res.end()
        })
      },
      { user: (data) => (({ ...data }).account as { id: number } | undefined)?.id },
    )
    const ann = shop.visitor()
    await ann.post('/password').expect(302)
    await ann.get('/account').expect(401, SECOND_FACTOR_REQUIRED)
    await ann.post('/own-code').expect(200)
    await ann.get('/account').expect(200)
  })

  test('counts attempts, each once, also when they come at once, and anew with each sign-in', async () => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    await ann.post('/password')
    const counts = await Promise.all(Array.from({ length: 8 }, async () => (await ann.post('/attempt')).body))
    expect(counts.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    await ann.get('/pending').expect(200, '7')
    await ann.post('/password')
    await ann.post('/attempt').expect(200, '1')
    shop.clock.now += 10 * MINUTE
    await ann.post('/attempt').expect(401)
  })

  test('that is completed twice at once signs in twice, and each browser that got a cookie is signed in', async () => {
    const shop = await openShop(routes)
    const ann = shop.visitor()
    const cookie = cookieIn(await ann.post('/password'))
    const answers = await Promise.all([shop.holder(cookie).post('/code'), shop.holder(cookie).post('/code')])
    const cookies = answers.map(cookieIn).filter((each) => each !== '')
    expect(cookies.length).toBeGreaterThan(0)
    for (const each of cookies) await shop.holder(each).get('/account').expect(200)
    await shop.holder(cookie).get('/account').expect(401)
  })

  test('that finds no place for another session is still pending, and signs nobody in', async () => {
    const shop = await openShop(routes, { store: fullStore(), limits: { perUser: 1, onExceed: 'deny_new' } })
    const ann = shop.visitor()
    await ann.post('/password').expect(302)
    await ann.post('/code').expect(409, { failed: 'ERR_SESSION_LIMIT' })
    await ann.get('/account').expect(401, SECOND_FACTOR_REQUIRED)
  })

  test('cannot be completed if none was begun, and cannot begin without the id of a user', async () => {
    const shop = await openShop((app) => {
      routes(app)
      app.post('/nobody', async (req, res) => (await beginSignIn(req, req.body.id), res.end()))
    })
    await shop.visitor().post('/code').expect(401, { failed: 'ERR_SESSION_NOT_SIGNED_IN' })
    await shop.visitor().post('/attempt').expect(401, { failed: 'ERR_SESSION_NOT_SIGNED_IN' })
    for (const id of ['', null, { id: 7 }]) {
      const { body } = await shop.visitor().post('/nobody').send({ id }).expect(500)
      expect(body.failed).toBe('TypeError: beginSignIn: expected the id of a user, a string or a number')
    }
  })

  test('does not begin with a user in the data that the same request set, and signs nobody in', async () => {
    const shop = await openShop((app) => {
      routes(app)
      app.post('/both', async (req, res) => {
        sessionIn(req).set('user', { id: 7 })
        await beginSignIn(req, 7)
        res.end()
      })
    })
    const ann = shop.visitor()
    expect((await ann.post('/both').expect(500)).body.failed).toMatch(/^TypeError: beginSignIn: the option user finds a user/)
    await ann.get('/account').expect(401, { error: 'login_required', message: 'Sign in first.' })
  })

  test('does not begin after the first byte, and leaves the session as it is', async () => {
    const failures: unknown[] = []
    const shop = await openShop((app) => {
      routes(app)
      app.get('/late', async (req, res) => {
        void req.session.info
        res.write('late')
        await new Promise((resolve) => setTimeout(resolve, 20))
        await beginSignIn(req, 7).catch((error) => failures.push(error.code))
        await completeSignIn(req).catch((error) => failures.push(error.code))
        res.end()
      })
    })
    const ann = shop.visitor()
    await ann.post('/in')
    await ann.get('/late').expect(200)
    expect(failures).toEqual(['ERR_SESSION_CLOSED', 'ERR_SESSION_CLOSED'])
    await ann.get('/account').expect(200)
  })
})
