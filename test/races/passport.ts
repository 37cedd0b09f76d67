// Passport 0.7 and connect-flash as they are.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect } from '@jest/globals'
import flash from 'connect-flash'
import { Passport, Strategy } from 'passport'
import { barrier, gate } from '../support/barrier.js'
import { answer, type Middleware, type Routes } from '../support/site.js'
import type { RaceSetup } from './races.js'

interface User {
  readonly id: number
}

type LoggedIn = IncomingMessage & {
  readonly user?: User
  login(user: User, options: { readonly keepSessionInfo?: boolean }, done: (error?: unknown) => void): void
  logout(done: (error?: unknown) => void): void
  flash(type?: string, message?: string): unknown
}

/** Signs in whoever is named in the query. */
class ByQuery extends Strategy {
  override readonly name = 'query'

  override authenticate(request: IncomingMessage): void {
    this.success({ id: Number(String(request.url).split('?')[1]) })
  }
}

function passportFor(): { readonly passport: Passport; readonly middlewares: readonly Middleware[] } {
  const passport = new Passport()
  passport.use(new ByQuery())
  passport.serializeUser((user: User, done) => done(null, user.id))
  passport.deserializeUser((id: number, done) => done(null, { id }))
  return { passport, middlewares: [passport.session()] }
}

function callback(res: ServerResponse, next: (error: unknown) => void = () => {}): (error?: unknown) => void {
  return (error) => {
    if (error === undefined || error === null) answer(res, 'done')
    else next(error)
  }
}

export function passportRaces(setup: RaceSetup): void {
  const start = async (routes: Routes = {}) => {
    const { passport, middlewares } = passportFor()
    const authenticate = passport.authenticate('query')
    const race = await setup.start(
      {
        '/start': (req, res) => {
          req.session.set({ cart: ['apple'], returnTo: '/chat' })
          answer(res, 'started')
        },
        '/login': (req, res) => authenticate(req, res, callback(res)),
        '/login-keeping': (req, res) => (req as LoggedIn).login({ id: 7 }, { keepSessionInfo: true }, callback(res)),
        '/logout': (req, res) => (req as LoggedIn).logout(callback(res)),
        '/data': (req, res) => answer(res, { user: (req as LoggedIn).user?.id, data: req.session }),
        ...routes,
      },
      {},
      middlewares,
    )
    const browser = race.browser()
    await browser.get('/start')
    return { race, browser }
  }

  const logins = setup.proving(4)
  const logouts = setup.proving(3)

  describe('passport 0.7', () => {
    logins.rule('a login changes the token and drops the data from before', async () => {
      const { browser } = await start()
      const old = browser.copy()
      expect(await browser.get('/login?7')).toMatchObject({ status: 200, body: '"done"' })
      expect(browser.cookies.get('sid')).not.toBe(old.cookies.get('sid'))
      expect((await browser.get('/data')).json()).toEqual({ user: 7, data: { passport: { user: 7 } } })
      expect((await old.get('/data')).json()).not.toHaveProperty('user')
    })

    setup.proving().ruleUnless('index', 'a login puts the session on the list of its user', async () => {
      const { race, browser } = await start()
      await browser.get('/login?7')
      expect(await race.site.sessions.count({ user: 7 })).toBe(1)
    })

    logins.rule('D18: with keepSessionInfo a login carries the data over and nothing else: no method, no cookie, no id', async () => {
      const { browser } = await start()
      await browser.get('/login-keeping')
      const { data } = (await browser.get('/data')).json() as { data: object }
      expect(data).toEqual({ cart: ['apple'], returnTo: '/chat', passport: { user: 7 } })
    })

    for (const path of ['/login?7', '/login-keeping']) {
      logins.ruleUnless('revoke', `the cookie from before ${path} is dead after it`, async () => {
        const { race, browser } = await start()
        const old = browser.copy()
        await browser.get(path)
        expect((await old.get('/data')).json()).toEqual({ data: {} })
        expect(await race.store.live()).toEqual([1])
      })
    }

    logouts.rule('a logout makes a stranger of the browser', async () => {
      const { browser } = await start()
      await browser.get('/login?7')
      expect(await browser.get('/logout')).toMatchObject({ status: 200, body: '"done"' })
      expect((await browser.get('/data')).json()).toEqual({ data: {} })
    })

    logouts.ruleUnless('revoke', 'a logout ends the session: whoever kept the cookie is a stranger', async () => {
      const { race, browser } = await start()
      await browser.get('/login?7')
      const stolen = browser.copy()
      await browser.get('/logout')
      expect((await stolen.get('/data')).json()).toEqual({ data: {} })
      expect(await race.store.live()).toEqual([])
    })

    logouts.ruleUnless('revoke', 'D2: a slow writer does not undo a logout', async () => {
      const slowly = gate()
      const { race, browser } = await start({
        '/write': async (req, res) => {
          req.session.cart = ['pear']
          await slowly.pass()
          answer(res, 'written')
        },
      })
      await browser.get('/login?7')
      const stolen = browser.copy()
      const pending = stolen.get('/write')
      await slowly.reached
      await browser.get('/logout')
      slowly.open()
      expect(await pending).toMatchObject({ status: 200, setCookie: [] })
      expect(race.site.count('gone')).toBe(1)
      expect((await stolen.get('/data')).json()).toEqual({ data: {} })
      expect(await race.store.live()).toEqual([])
    })

    logouts.ruleUnless('revoke', 'of two logouts at once neither is told of an error, and the session ends', async () => {
      const meet = barrier(2)
      const errors: unknown[] = []
      const { race, browser } = await start({
        '/both': async (req, res) => {
          await meet()
          ;(req as LoggedIn).logout((error) => {
            if (error) errors.push(error)
            answer(res, 'done')
          })
        },
      })
      await browser.get('/login?7')
      await Promise.all([browser.copy().get('/both'), browser.copy().get('/both')])
      expect(errors).toEqual([])
      expect(await race.store.live()).toEqual([])
    })

    logins.rule('of two logins at once both are signed in, each in a session of its own', async () => {
      const meet = barrier(2)
      const { race, browser } = await start({
        '/both': async (req, res) => {
          await meet()
          ;(req as LoggedIn).login({ id: Number(String(req.url).split('?')[1]) }, {}, callback(res))
        },
      })
      const left = browser.copy()
      const right = browser.copy()
      await Promise.all([left.get('/both?7'), right.get('/both?8')])
      expect((await left.get('/data')).json()).toEqual({ user: 7, data: { passport: { user: 7 } } })
      expect((await right.get('/data')).json()).toEqual({ user: 8, data: { passport: { user: 8 } } })
      // Whether the one from before is dead is asked elsewhere.
      expect(await race.store.live()).toEqual(expect.arrayContaining([1, 2]))
    })
  })

  describe('connect-flash', () => {
    const routes: Routes = {
      '/say': (req, res) => {
        ;(req as LoggedIn).flash('info', String(req.url).split('?')[1])
        answer(res, 'said')
      },
      '/hear': (req, res) => answer(res, (req as LoggedIn).flash('info')),
    }

    setup.proving().rule('a message is there for the next request and gone after it', async () => {
      const race = await setup.start(routes, {}, [flash()])
      const browser = race.browser()
      await browser.get('/say?one')
      await browser.get('/say?two')
      expect((await browser.get('/hear')).json()).toEqual(['one', 'two'])
      expect((await browser.get('/hear')).json()).toEqual([])
    })

    setup.proving(2).ruleUnless('merge', 'a message and an overlapping change of another key both survive', async () => {
      const meet = barrier(2)
      const race = await setup.start(
        {
          ...routes,
          '/say': async (req, res) => {
            await meet()
            routes['/say']?.(req, res)
          },
          '/start': (req, res) => {
            req.session.a = 1
            answer(res, 'started')
          },
          '/write': async (req, res) => {
            await meet()
            req.session.a = 2
            answer(res, 'written')
          },
          '/data': (req, res) => answer(res, req.session),
        },
        {},
        [flash()],
      )
      const browser = race.browser()
      await browser.get('/start')
      await Promise.all([browser.get('/say?hello'), browser.get('/write')])
      expect((await browser.get('/data')).json()).toEqual({ a: 2, flash: { info: ['hello'] } })
    })
  })
}
