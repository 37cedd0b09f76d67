// Promise 7: both clocks. Where the test cannot move the store's, the contract suite waits instead.
import { describe, expect, jest } from '@jest/globals'
import { answer, type Routes } from '../support/site.js'
import type { RaceSetup } from './races.js'

const HOUR_MS = 3_600_000
const SPANS = { expiry: 60, maxLifetime: 100 }

const ROUTES: Routes = {
  '/start': (req, res) => {
    req.session.a = 1
    answer(res, 'started')
  },
  '/write': (req, res) => {
    req.session.b = 1
    answer(res, 'written')
  },
  '/signin': async (req, res) => {
    await req.session.signIn(7)
    answer(res, 'signed in')
  },
  '/data': (req, res) => answer(res, req.session),
}

export function clocks(setup: RaceSetup): void {
  const { rule, decidingRule } = setup.proving(7)
  const { startWithClock } = setup

  describe('clocks', () => {
    decidingRule('own-clock', 'an application whose own clock runs ahead ends no session: the store’s clock judges', async () => {
      const realNow = Date.now
      let ahead = 0
      const clock = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead)
      try {
        // The memory store lives in the application, and so gets a clock of its own.
        const race = await (setup.can('own-clock') && startWithClock !== null ? startWithClock(ROUTES, SPANS) : setup.start(ROUTES, SPANS))
        const browser = race.browser()
        await browser.get('/start')
        ahead = HOUR_MS
        expect((await browser.get('/data')).json()).toEqual({ a: 1 })
      } finally {
        clock.mockRestore()
      }
    })

    if (startWithClock === null) return

    rule('each request starts the idle span again, and none of them moves the lifetime', async () => {
      const race = await startWithClock(ROUTES, SPANS)
      const browser = race.browser()
      await browser.get('/start')
      for (const path of ['/data', '/write', '/data']) {
        race.advance(32_000)
        expect((await browser.get(path)).status).toBe(200)
      }
      expect((await browser.get('/data')).json()).toEqual({ a: 1, b: 1 })
      race.advance(5_000)
      expect((await browser.get('/data')).json()).toEqual({})
    })

    rule('a sign-in starts both clocks again', async () => {
      const race = await startWithClock(ROUTES, SPANS)
      const browser = race.browser()
      await browser.get('/start')
      race.advance(55_000)
      await browser.get('/signin')
      race.advance(55_000)
      expect((await browser.get('/data')).json()).toEqual({ userId: 7 })
      race.advance(46_000)
      expect((await browser.get('/data')).json()).toEqual({})
    })

    rule('a cookie that the browser kept beyond the idle span opens nothing', async () => {
      const race = await startWithClock(ROUTES, SPANS)
      const browser = race.browser()
      await browser.get('/start')
      const kept = browser.copy()
      race.advance(61_000)
      expect((await browser.get('/data')).json()).toEqual({})
      expect(await kept.get('/write')).toMatchObject({ status: 200, body: '"written"' })
      expect((await kept.get('/data')).json()).toEqual({ b: 1 })
    })
  })
}
