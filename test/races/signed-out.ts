// Promise 3: no resurrection.
import type { IncomingMessage } from 'node:http'
import { describe, expect } from '@jest/globals'
import { type Gate, gate } from '../support/barrier.js'
import { answer, type Routes } from '../support/site.js'
import type { ClockedRace, Race, RaceSetup } from './races.js'
import type { RaceLimit } from './rules.js'

/** Every way to end somebody's session. */
const ENDINGS: Readonly<Record<string, (race: Race, req: IncomingMessage) => Promise<unknown>>> = {
  signOut: (_race, req) => req.session.signOut(),
  destroy: (_race, req) => req.session.destroy(),
  regenerate: (_race, req) => req.session.regenerate(),
  'sessions.end': ({ site }, req) => site.sessions.end(String(req.session.info.handle)),
  'sessions.endAllOf': ({ site }) => site.sessions.endAllOf(7),
}

/** A writer and a reader that wait at the gate while the session ends. */
function slowRoutes(slowly: Gate, race: () => Race, ending: string): Routes {
  return {
    '/signin': async (req, res) => {
      await req.session.signIn(7)
      req.session.cart = ['apple']
      answer(res, 'signed in')
    },
    '/write': async (req, res) => {
      req.session.before = true
      await slowly.pass()
      req.session.cart.push('pear')
      answer(res, { user: req.session.userId })
    },
    '/read': async (req, res) => {
      await slowly.pass()
      answer(res, { user: req.session.userId, cart: req.session.cart })
    },
    '/save': async (req, res) => {
      await slowly.pass()
      req.session.a = 1
      await req.session.save()
      answer(res, 'saved')
    },
    '/increment': async (req, res) => {
      await slowly.pass()
      answer(res, await req.session.increment('a'))
    },
    '/end': async (req, res) => {
      await ENDINGS[ending]?.(race(), req)
      answer(res, 'ended')
    },
    '/data': (req, res) => answer(res, req.session),
  }
}

export function signedOut(setup: RaceSetup): void {
  const { rule, ruleUnless, decidingRule } = setup.proving(3)

  /** A signed-in browser whose request to `path` is under way while its session ends. */
  async function endDuring(ending: string, path: string) {
    const slowly = gate()
    const race: Race = await setup.start(slowRoutes(slowly, () => race, ending))
    const browser = race.browser()
    await browser.get('/signin')
    const stolen = browser.copy()
    const pending = browser.copy().get(path)
    await slowly.reached
    expect((await browser.get('/end')).status).toBe(200)
    slowly.open()
    return { race, stolen, late: await pending }
  }

  /** Nothing in the store, nothing for whoever still has the cookie. */
  async function expectEnded(race: Race, old: ReturnType<Race['browser']>): Promise<void> {
    expect(await race.store.live()).toEqual([])
    if (setup.can('index')) expect(await race.site.sessions.count({ user: 7 })).toBe(0)
    expect((await old.get('/data')).json()).toEqual({})
  }

  describe('signed out', () => {
    for (const ending of Object.keys(ENDINGS)) {
      const needs: RaceLimit[] = ending.startsWith('sessions.') ? ['revoke', 'index'] : ['revoke']

      ruleUnless(
        needs,
        `D2: a slow writer does not bring back a session that ${ending} ended; its response is unharmed and sets no cookie`,
        async () => {
          const { race, stolen, late } = await endDuring(ending, '/write')
          expect(late).toMatchObject({ status: 200, setCookie: [], body: '{"user":7}' })
          expect(race.site.count('gone')).toBe(1)
          expect(race.site.count('ended')).toBe(1)
          expect(race.site.errors).toEqual([])
          await expectEnded(race, stolen)
        },
      )

      ruleUnless(needs, `D17: a slow reader does not bring back a session that ${ending} ended, and keeps what it had read`, async () => {
        const { race, stolen, late } = await endDuring(ending, '/read')
        expect(late).toMatchObject({ status: 200, setCookie: [], body: '{"user":7,"cart":["apple"]}' })
        expect(race.site.count('gone')).toBe(0)
        await expectEnded(race, stolen)
      })
    }

    ruleUnless('revoke', 'D2: a save that is under way in the store while the session ends brings nothing back', async () => {
      const slowly = gate()
      slowly.open()
      const race: Race = await setup.start(slowRoutes(slowly, () => race, 'signOut'))
      const browser = race.browser()
      await browser.get('/signin')
      const stolen = browser.copy()
      const held = race.store.holdCall('update')
      const pending = stolen.get('/write')
      await held.reached
      await browser.get('/end')
      held.open()
      expect(await pending).toMatchObject({ status: 200, setCookie: [] })
      expect(race.site.count('gone')).toBe(1)
      await expectEnded(race, stolen)
    })

    for (const path of ['/save', '/increment']) {
      ruleUnless('revoke', `an awaited ${path} that comes too late rejects with SessionGoneError and saves nothing`, async () => {
        const { race, stolen, late } = await endDuring('signOut', path)
        expect(late).toMatchObject({ status: 409, setCookie: [] })
        expect(race.site.errors).toMatchObject([{ code: 'ERR_SESSION_GONE' }])
        expect(race.site.count('gone')).toBe(1)
        await expectEnded(race, stolen)
      })
    }

    rule('the browser that was told of a sign-out is a stranger from then on', async () => {
      const slowly = gate()
      const race: Race = await setup.start(slowRoutes(slowly, () => race, 'signOut'))
      const browser = race.browser()
      await browser.get('/signin')
      expect((await browser.get('/end')).status).toBe(200)
      expect((await browser.get('/data')).json()).toEqual({})
      expect(race.site.count('ended')).toBe(1)
    })

    decidingRule('revoke', 'whoever kept a copy of the cookie is a stranger after the sign-out', async () => {
      const slowly = gate()
      const race: Race = await setup.start(slowRoutes(slowly, () => race, 'signOut'))
      const browser = race.browser()
      await browser.get('/signin')
      const stolen = browser.copy()
      await browser.get('/end')
      await expectEnded(race, stolen)
    })

    ruleUnless(['revoke', 'change-after-first-byte'], 'a stream that goes on changing a session that is gone is not harmed', async () => {
      const slowly = gate()
      const between = gate()
      const race: Race = await setup.start({
        ...slowRoutes(slowly, () => race, 'signOut'),
        '/stream': async (req, res) => {
          req.session.a = 1
          await slowly.pass()
          res.write('one, ')
          await between.pass()
          req.session.a = 2
          res.end('two')
        },
      })
      const browser = race.browser()
      await browser.get('/signin')
      const pending = browser.copy().get('/stream')
      await slowly.reached
      await browser.get('/end')
      slowly.open()
      await between.reached
      // The first write has been told that the session is gone, when this round trip is over.
      await browser.get('/data')
      between.open()
      expect(await pending).toMatchObject({ status: 200, body: 'one, two', setCookie: [] })
      expect(race.site.errors).toEqual([])
    })

    ruleUnless('revoke', 'of two sign-outs at once, both are answered and the session ends once', async () => {
      const slowly = gate()
      const race: Race = await setup.start(slowRoutes(slowly, () => race, 'signOut'))
      const browser = race.browser()
      await browser.get('/signin')
      const answers = await Promise.all([browser.copy().get('/end'), browser.copy().get('/end')])
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
      expect(race.site.count('ended')).toBe(1)
      await expectEnded(race, browser)
    })

    const { startWithClock } = setup
    if (startWithClock === null) return
    for (const clock of ['idle', 'absolute']) {
      setup.proving(3, 7).rule(`a session whose ${clock} clock runs out under a slow writer stays expired`, async () => {
        const slowly = gate()
        const race: ClockedRace = await startWithClock(
          slowRoutes(slowly, () => race, 'signOut'),
          { expiry: 60, maxLifetime: 100 },
        )
        const browser = race.browser()
        await browser.get('/signin')
        const pending = browser.copy().get('/write')
        await slowly.reached
        race.advance(50_000)
        if (clock === 'absolute') expect((await browser.get('/data')).json()).toMatchObject({ userId: 7 })
        race.advance(50_000)
        slowly.open()
        expect(await pending).toMatchObject({ status: 200, setCookie: [] })
        expect(race.site.count('gone')).toBe(1)
        await expectEnded(race, browser)
      })
    }
  })
}
