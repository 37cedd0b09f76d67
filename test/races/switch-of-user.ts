// Promise 4, for handlers that forget `signIn`.
import type { IncomingMessage } from 'node:http'
import { describe, expect } from '@jest/globals'
import { gate } from '../support/barrier.js'
import { answer } from '../support/site.js'
import type { RaceSetup } from './races.js'

interface Switch {
  /** How the session comes to its first user, written without `signIn`. */
  readonly before: Readonly<Record<string, unknown>>
  readonly change: (req: IncomingMessage) => void
  readonly after: Readonly<Record<string, unknown>>
  readonly users: readonly [before: number | string, after: number | string | undefined]
}

const SWITCHES: Readonly<Record<string, Switch>> = {
  'userId is assigned': {
    before: { userId: 1 },
    change: (req) => {
      req.session.userId = 2
    },
    after: { userId: 2 },
    users: [1, 2],
  },
  'user is replaced': {
    before: { user: { id: 'ann' } },
    change: (req) => req.session.set('user', { id: 'bea' }),
    after: { user: { id: 'bea' } },
    users: ['ann', 'bea'],
  },
  'user is changed in place': {
    before: { user: { id: 1 } },
    change: (req) => {
      req.session.user.id = 2
    },
    after: { user: { id: 2 } },
    users: [1, 2],
  },
  'passport is assigned': {
    before: { passport: { user: 1 } },
    change: (req) => {
      req.session.passport = { user: 2 }
    },
    after: { passport: { user: 2 } },
    users: [1, 2],
  },
  'the user is deleted': {
    before: { userId: 1 },
    change: (req) => {
      delete req.session.userId
    },
    after: {},
    users: [1, undefined],
  },
  'the data are cleared': {
    before: { userId: 1 },
    change: (req) => req.session.clear(),
    after: {},
    users: [1, undefined],
  },
}

export function switchOfUser(setup: RaceSetup): void {
  const { rule, ruleUnless } = setup.proving(4)

  async function switchUser(name: string) {
    const { before, change, after, users } = SWITCHES[name] as Switch
    const slowly = gate()
    const race = await setup.start(
      {
        '/start': (req, res) => {
          req.session.set({ ...before, cart: ['apple'], theme: 'dark' })
          answer(res, req.session.id)
        },
        '/switch': (req, res) => {
          change(req)
          req.session.note = 'set in this request'
          answer(res, req.session.id)
        },
        '/write': async (req, res) => {
          req.session.planted = true
          await slowly.pass()
          answer(res, 'written')
        },
        '/data': (req, res) => answer(res, { id: req.session.id, data: req.session }),
      },
      { keepOnSignIn: ['theme'] },
    )
    const browser = race.browser()
    const idBefore = (await browser.get('/start')).json()
    return { race, browser, slowly, idBefore, after, users }
  }

  describe('switch of user without signIn', () => {
    for (const name of Object.keys(SWITCHES)) {
      rule(`when ${name}, the token and the id change, and only this request’s keys and keepOnSignIn go along`, async () => {
        const { race, browser, idBefore, after, users } = await switchUser(name)
        const switched = await browser.get('/switch')
        expect(switched.setCookie).toHaveLength(1)
        const kept = name === 'the data are cleared' ? {} : { theme: 'dark' }
        const now = (await browser.get('/data')).json() as { id: string; data: unknown }
        expect(now.data).toEqual({ ...after, ...kept, note: 'set in this request' })
        expect([switched.json(), switched.json() === idBefore]).toEqual([now.id, false])
        expect([race.site.count('rotated'), race.site.count('signedIn')]).toEqual([1, users[1] === undefined ? 1 : 2])
      })

      ruleUnless('revoke', `when ${name}, the old token is dead`, async () => {
        const { race, browser } = await switchUser(name)
        const old = browser.copy()
        await browser.get('/switch')
        expect((await old.get('/data')).json()).toMatchObject({ data: {} })
        expect(await race.store.live()).toEqual([1])
      })

      setup
        .proving()
        .ruleUnless('index', `when ${name}, the session leaves the list of the user before and joins that of the new one`, async () => {
          const { race, browser, users } = await switchUser(name)
          await browser.get('/switch')
          expect(await race.site.sessions.count({ user: users[0] })).toBe(0)
          if (users[1] !== undefined) expect(await race.site.sessions.count({ user: users[1] })).toBe(1)
        })

      ruleUnless('revoke', `when ${name}, a writer in flight for the user before is refused`, async () => {
        const { race, browser, slowly } = await switchUser(name)
        const pending = browser.copy().get('/write')
        await slowly.reached
        await browser.get('/switch')
        slowly.open()
        expect(await pending).toMatchObject({ status: 200, setCookie: [] })
        expect(race.site.count('gone')).toBe(1)
        expect((await browser.get('/data')).body).not.toContain('planted')
      })
    }

    rule('a user written to a stranger’s known session changes the token too', async () => {
      const race = await setup.start({
        '/start': (req, res) => {
          req.session.cart = ['apple']
          answer(res, 'started')
        },
        '/signin': (req, res) => {
          req.session.userId = 1
          answer(res, 'signed in')
        },
        '/data': (req, res) => answer(res, req.session),
      })
      const browser = race.browser()
      await browser.get('/start')
      const fixed = browser.copy()
      await browser.get('/signin')
      expect((await browser.get('/data')).json()).toEqual({ userId: 1 })
      expect((await fixed.get('/data')).body).not.toContain('userId')
    })

    rule('the same user written again changes nothing', async () => {
      const race = await setup.start({
        '/start': (req, res) => {
          req.session.userId = 1
          answer(res, 'started')
        },
        '/data': (req, res) => answer(res, req.session),
      })
      const browser = race.browser()
      await browser.get('/start')
      expect((await browser.get('/start')).setCookie).toEqual([])
      expect(race.site.count('rotated')).toBe(0)
    })
  })
}
