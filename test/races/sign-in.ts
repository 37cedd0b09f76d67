// Promise 4: no fixation, also for requests that overlap the sign-in.
import { describe, expect } from '@jest/globals'
import { barrier, gate } from '../support/barrier.js'
import { answer, type Routes } from '../support/site.js'
import type { RaceSetup } from './races.js'

const COMMON: Routes = {
  '/start': (req, res) => {
    req.session.cart = ['apple']
    answer(res, 'started')
  },
  '/signin': async (req, res) => {
    await req.session.signIn(7)
    answer(res, 'signed in')
  },
  '/data': (req, res) => answer(res, req.session),
}

export function signInRaces(setup: RaceSetup): void {
  const { rule, ruleUnless, decidingRule } = setup.proving(4)

  describe('sign-in', () => {
    ruleUnless(
      'revoke',
      'a writer in flight with the old token is refused: its data does not reach the signed-in session, its response is unharmed',
      async () => {
        const slowly = gate()
        const race = await setup.start({
          ...COMMON,
          '/write': async (req, res) => {
            req.session.planted = true
            await slowly.pass()
            answer(res, 'written')
          },
        })
        const browser = race.browser()
        await browser.get('/start')
        const pending = browser.copy().get('/write')
        await slowly.reached
        await browser.get('/signin')
        slowly.open()
        expect(await pending).toMatchObject({ status: 200, setCookie: [] })
        expect(race.site.count('gone')).toBe(1)
        expect((await browser.get('/data')).json()).toEqual({ userId: 7 })
      },
    )

    ruleUnless('revoke', 'a sign-in that commits while an older save is under way in the store wins; the save is refused', async () => {
      const race = await setup.start({
        ...COMMON,
        '/write': (req, res) => {
          req.session.planted = true
          answer(res, 'written')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      const held = race.store.holdCall('update')
      const pending = browser.copy().get('/write')
      await held.reached
      await browser.get('/signin')
      held.open()
      expect(await pending).toMatchObject({ status: 200, setCookie: [] })
      expect((await browser.get('/data')).json()).toEqual({ userId: 7 })
    })

    rule('whoever holds the cookie from before a sign-in reads nothing of the signed-in session and writes nothing into it', async () => {
      const race = await setup.start(COMMON)
      const browser = race.browser()
      await browser.get('/start')
      const fixed = browser.copy()
      await browser.get('/signin')
      expect(browser.cookies.get('sid')).not.toBe(fixed.cookies.get('sid'))
      for (const path of ['/data', '/start', '/data']) expect((await fixed.get(path)).body).not.toContain('userId')
      expect((await browser.get('/data')).json()).toEqual({ userId: 7 })
    })

    ruleUnless(
      'revoke',
      'the old token is dead in the store as soon as the sign-in has answered: for load, update, rotate and destroy',
      async () => {
        const race = await setup.start(COMMON)
        const browser = race.browser()
        await browser.get('/start')
        await browser.get('/signin')
        const [old = ''] = race.store.issued
        expect(await race.store.live()).toEqual([1])
        expect(await race.store.update(old, { set: { planted: 'true' } })).toEqual({ outcome: 'gone' })
        expect(await race.store.rotate(old, {})).toBeNull()
        expect(await race.store.destroy(old)).toBe(false)
        expect((await browser.get('/data')).json()).toEqual({ userId: 7 })
      },
    )

    decidingRule('revoke', 'whoever shows the cookie from before the sign-in is a stranger, and a reuse event says so', async () => {
      const race = await setup.start(COMMON)
      const browser = race.browser()
      await browser.get('/start')
      const fixed = browser.copy()
      await browser.get('/signin')
      expect(browser.cookies.get('sid')).not.toBe(fixed.cookies.get('sid'))
      expect(await fixed.get('/data')).toMatchObject({ body: '{}', setCookie: [] })
      expect(race.site.count('reuse')).toBe(1)
      await fixed.get('/start')
      expect((await browser.get('/data')).json()).toEqual({ userId: 7 })
    })

    for (const [first, second] of [
      [7, 7],
      [7, 8],
    ] as const) {
      ruleUnless(
        'revoke',
        `of two sign-ins at once (users ${first} and ${second}) one takes the session over and the other gets one of its own; the old cookie is dead`,
        async () => {
          const meet = barrier(2)
          const race = await setup.start({
            ...COMMON,
            '/signin': async (req, res) => {
              const [user, mark] = String(req.url).split('?')[1]?.split(',') ?? []
              await meet()
              req.session.mark = mark
              await req.session.signIn(Number(user), { keep: true })
              answer(res, 'signed in')
            },
          })
          const browser = race.browser()
          await browser.get('/start')
          const left = browser.copy()
          const right = browser.copy()
          const answers = await Promise.all([left.get(`/signin?${first},left`), right.get(`/signin?${second},right`)])
          expect(answers.map(({ status, setCookie }) => [status, setCookie.length])).toEqual([
            [200, 1],
            [200, 1],
          ])
          expect([race.site.count('rotated'), race.site.count('signedIn')]).toEqual([1, 2])
          const kept = [(await left.get('/data')).json(), (await right.get('/data')).json()] as Record<string, unknown>[]
          expect(kept).toMatchObject([
            { userId: first, mark: 'left' },
            { userId: second, mark: 'right' },
          ])
          // What was kept from before belongs to the one that took the session over.
          expect(kept.filter((data) => 'cart' in data)).toEqual([expect.objectContaining({ cart: ['apple'] })])
          expect((await browser.get('/data')).json()).toEqual({})
          expect(await race.store.live()).toEqual([1, 2])
        },
      )
    }

    const signInTwice = async () => {
      const race = await setup.start({
        ...COMMON,
        '/signin': async (req, res) => {
          await req.session.signIn(7)
          req.session.userId = 8
          answer(res, 'signed in')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      return { race, visitors: [browser, race.browser()] }
    }

    rule('of two users named in one request the last one is signed in', async () => {
      for (const visitor of (await signInTwice()).visitors) {
        await visitor.get('/signin')
        expect((await visitor.get('/data')).json()).toEqual({ userId: 8 })
      }
    })

    setup.proving().ruleUnless('index', 'of two users named in one request only the last one’s list shows the session', async () => {
      const { race, visitors } = await signInTwice()
      for (const visitor of visitors) await visitor.get('/signin')
      expect([await race.site.sessions.count({ user: 7 }), await race.site.sessions.count({ user: 8 })]).toEqual([0, 2])
    })

    rule('two sign-ins at once do not see each other’s data', async () => {
      const meet = barrier(2)
      const race = await setup.start({
        ...COMMON,
        '/signin': async (req, res) => {
          const user = Number(String(req.url).split('?')[1])
          await meet()
          await req.session.signIn(user)
          req.session[`of${user}`] = true
          answer(res, 'signed in')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      const left = browser.copy()
      const right = browser.copy()
      await Promise.all([left.get('/signin?7'), right.get('/signin?8')])
      expect((await left.get('/data')).json()).toEqual({ userId: 7, of7: true })
      expect((await right.get('/data')).json()).toEqual({ userId: 8, of8: true })
    })

    ruleUnless('revoke', 'a sign-out that overlaps a sign-in cannot end the session that the sign-in made', async () => {
      const slowly = gate()
      const race = await setup.start({
        ...COMMON,
        '/signout': async (req, res) => {
          await slowly.pass()
          await req.session.signOut()
          answer(res, 'signed out')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      const pending = browser.copy().get('/signout')
      await slowly.reached
      await browser.get('/signin')
      slowly.open()
      expect(await pending).toMatchObject({ status: 200, setCookie: [] })
      expect((await browser.get('/data')).json()).toEqual({ userId: 7 })
    })

    ruleUnless('revoke', 'a sign-in whose session was ended meanwhile makes a new one, with the data of this request only', async () => {
      const slowly = gate()
      const race = await setup.start({
        ...COMMON,
        '/signin': async (req, res) => {
          await slowly.pass()
          req.session.note = 'mine'
          await req.session.signIn(7, { keep: true })
          answer(res, 'signed in')
        },
        '/end': async (req, res) => {
          await req.session.destroy()
          answer(res, 'ended')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      const pending = browser.get('/signin')
      await slowly.reached
      await browser.copy().get('/end')
      slowly.open()
      expect(await pending).toMatchObject({ status: 200 })
      expect((await browser.get('/data')).json()).toEqual({ userId: 7, note: 'mine' })
      expect(await race.store.live()).toEqual([1])
    })
  })
}
