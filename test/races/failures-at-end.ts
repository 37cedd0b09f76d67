// The store fails when the handler has called `end`: nothing was sent yet, so the application's error handler answers.
import { describe, expect } from '@jest/globals'
import { SessionStoreError } from '../../lib/index.js'
import type { Answer } from '../support/browser.js'
import { BACKEND_SECRET, type FaultyStore, type Operation } from '../support/faulty-store.js'
import { answer, type Routes } from '../support/site.js'
import type { Race, RaceSetup } from './races.js'
import type { PromiseNumber, Proving } from './rules.js'

export type Failure = 'throws' | 'rejects' | 'hangs'
export const FAILURES: readonly Failure[] = ['throws', 'rejects', 'hangs']

/** Only a store that hangs is waited for to the end. */
export function timeoutFor(setup: RaceSetup, failure: Failure): string {
  return failure === 'hangs' ? setup.storeTimeout : '5s'
}

export function makeFail(store: FaultyStore, operation: Operation, failure: Failure): void {
  if (failure === 'hangs') store.hang(operation)
  else store.fail(operation, failure === 'throws' ? 'throw' : 'reject')
}

/** A store that hangs shows that waits are bounded, too. */
export function proofOfFailure(failure: Failure): PromiseNumber[] {
  return failure === 'hangs' ? [1, 8] : [1]
}

export function ruleOf(setup: RaceSetup, failure: Failure): Proving['rule'] {
  return setup.proving(...proofOfFailure(failure)).rule
}

/** What the client of a failed commit sees. */
export function expectRefused(refused: Answer, race: Race, operation: Operation): void {
  expectFailed(refused, race, operation)
  expect(refused.headers).toMatchObject({ 'cache-control': 'no-store' })
}

/** What the client of a handler sees that a failed call has stopped. */
export function expectFailed(refused: Answer, race: Race, operation: Operation): void {
  expect(refused).toMatchObject({ status: 503, setCookie: [] })
  expect(refused.headers).toMatchObject({ 'retry-after': '1' })
  expect(refused.headers).not.toHaveProperty('x-handler')
  expect(refused.body).not.toContain('page')
  for (const detail of [BACKEND_SECRET, 'hunter2', '10.0.0.7', 'ECONNREFUSED']) expect(refused.body).not.toContain(detail)
  expect(race.site.errors).toMatchObject([{ code: 'ERR_SESSION_STORE', status: 503, operation }])
  expect(race.site.count('storeError')).toBe(1)
}

const ROUTES: Routes = {
  '/write': (req, res) => {
    req.session.a = Number(String(req.url).split('?')[1])
    res.setHeader('X-Handler', 'page')
    res.statusCode = 201
    answer(res, 'the page')
  },
  '/signin': async (req, res) => {
    await req.session.signIn(7)
    res.setHeader('X-Handler', 'page')
    answer(res, 'the page')
  },
  '/signout': async (req, res) => {
    await req.session.signOut()
    res.setHeader('X-Handler', 'page')
    answer(res, 'the page')
  },
  '/data': (req, res) => answer(res, req.session),
}

export function failuresAtEnd(setup: RaceSetup): void {
  const start = async (failure: Failure) => {
    const race = await setup.start(ROUTES, { storeTimeout: timeoutFor(setup, failure) })
    return { race, browser: race.browser() }
  }

  describe('store failure at end', () => {
    for (const failure of FAILURES) {
      const rule = ruleOf(setup, failure)

      rule(`D4: a create that ${failure} gives 503 without a cookie, and leaves no session behind`, async () => {
        const { race, browser } = await start(failure)
        makeFail(race.store, 'create', failure)
        expectRefused(await browser.get('/write?1'), race, 'create')
        expect(browser.cookies.size).toBe(0)
        expect(await race.store.live()).toEqual([])
        expect((await browser.get('/write?2')).status).toBe(201)
        expect((await browser.get('/data')).json()).toEqual({ a: 2 })
      })

      rule(`D4: an update that ${failure} gives 503, and what was stored before is still there`, async () => {
        const { race, browser } = await start(failure)
        await browser.get('/write?1')
        makeFail(race.store, 'update', failure)
        expectRefused(await browser.get('/write?2'), race, 'update')
        expect((await browser.get('/data')).json()).toEqual({ a: 1 })
      })

      const failSignIn = async () => {
        const { race, browser } = await start(failure)
        await browser.get('/write?1')
        const settled = race.store.done('destroy')
        makeFail(race.store, 'rotate', failure)
        expectRefused(await browser.get('/signin'), race, 'rotate')
        await settled
        return { race, browser }
      }

      rule(`D4: a sign-in whose rotate ${failure} gives 503 and no cookie, and nobody is signed in`, async () => {
        const { browser } = await failSignIn()
        expect((await browser.get('/data')).json()).not.toHaveProperty('userId')
      })

      const ends = `a sign-in whose rotate ${failure} ends the session, since nobody knows which token it has`
      setup.proving(4).ruleUnless('revoke', ends, async () => {
        const { race, browser } = await failSignIn()
        expect(await race.store.live()).toEqual([])
        expect((await browser.get('/data')).json()).toEqual({})
      })

      rule(`a sign-out whose destroy ${failure} gives 503; the browser is not told that it is signed out`, async () => {
        const { race, browser } = await start(failure)
        await browser.get('/signin')
        makeFail(race.store, 'destroy', failure)
        expectFailed(await browser.get('/signout'), race, 'destroy')
        expect((await browser.get('/data')).json()).toEqual({ userId: 7 })
      })

      rule(`a load that ${failure} gives 503: a failure never makes a stranger of a user, and the handler does not run`, async () => {
        const { race, browser } = await start(failure)
        await browser.get('/write?1')
        makeFail(race.store, 'load', failure)
        expectFailed(await browser.get('/data'), race, 'load')
        expect((await browser.get('/data')).json()).toEqual({ a: 1 })
      })
    }

    setup.proving(1).rule('a store that fails does not touch a request that changes nothing', async () => {
      const { race, browser } = await start('rejects')
      await browser.get('/write?1')
      makeFail(race.store, 'update', 'rejects')
      expect((await browser.get('/data')).json()).toEqual({ a: 1 })
      expect(race.site.errors).toEqual([])
    })

    setup.proving(1).rule('a store that knows that nothing happened leaves the session as it was when a sign-in fails', async () => {
      const { race, browser } = await start('rejects')
      await browser.get('/write?1')
      race.store.fail('rotate', 'reject', new SessionStoreError('rotate', 'was not sent', { unknown: false }))
      expectRefused(await browser.get('/signin'), race, 'rotate')
      expect((await browser.get('/data')).json()).toEqual({ a: 1 })
    })
  })
}
