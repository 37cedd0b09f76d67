// A call that timed out is unknown, never "saved": what it may have made is ended on a best effort (F-13).
import { describe, expect } from '@jest/globals'
import { answer, type Routes } from '../support/site.js'
import type { RaceSetup } from './races.js'

const ROUTES: Routes = {
  '/write': (req, res) => {
    req.session.a = Number(String(req.url).split('?')[1])
    answer(res, 'written')
  },
  '/signin': async (req, res) => {
    await req.session.signIn(7)
    answer(res, 'signed in')
  },
  '/data': (req, res) => answer(res, req.session),
}

export function unknownOutcome(setup: RaceSetup): void {
  const start = async () => {
    const race = await setup.start(ROUTES, { storeTimeout: setup.storeTimeout })
    return { race, browser: race.browser() }
  }

  const creates = setup.proving()
  const signIns = setup.proving(4)

  describe('unknown outcome', () => {
    creates.ruleUnless('revoke', 'a create that succeeded but answered too late gives 503, and its session is ended', async () => {
      const { race, browser } = await start()
      const held = race.store.holdAnswer('create')
      expect(await browser.get('/write?1')).toMatchObject({ status: 503, setCookie: [] })
      expect(await race.store.live()).toEqual([0])
      const ended = race.store.done('destroy')
      held.open()
      await ended
      expect(await race.store.live()).toEqual([])
    })

    creates.ruleUnless('revoke', 'a create that was sent late and succeeds long after its 503 is ended', async () => {
      const { race, browser } = await start()
      const held = race.store.holdCall('create')
      expect(await browser.get('/write?1')).toMatchObject({ status: 503, setCookie: [] })
      const ended = race.store.done('destroy')
      held.open()
      await ended
      expect(await race.store.live()).toEqual([])
    })

    signIns.ruleUnless(
      'revoke',
      'F-13: after a sign-in that succeeded but answered too late neither the old nor the new token loads',
      async () => {
        const { race, browser } = await start()
        await browser.get('/write?1')
        const held = race.store.holdAnswer('rotate')
        const first = race.store.done('destroy')
        expect(await browser.get('/signin')).toMatchObject({ status: 503, setCookie: [] })
        await first
        const second = race.store.done('destroy')
        held.open()
        await second
        expect(await race.store.live()).toEqual([])
        expect((await browser.get('/data')).json()).toEqual({})
        if (setup.can('index')) expect(await race.site.sessions.count({ user: 7 })).toBe(0)
      },
    )

    signIns.ruleUnless('revoke', 'F-13: a sign-in that reaches the store after its 503 finds its session ended', async () => {
      const { race, browser } = await start()
      await browser.get('/write?1')
      const held = race.store.holdCall('rotate')
      const ended = race.store.done('destroy')
      const late = race.store.done('rotate')
      expect(await browser.get('/signin')).toMatchObject({ status: 503, setCookie: [] })
      await ended
      held.open()
      await late
      expect(await race.store.live()).toEqual([])
      expect((await browser.get('/data')).json()).toEqual({})
    })

    signIns.ruleUnless(
      ['revoke', 'end-by-handle'],
      'F-13: a sign-in that took effect and then lost its connection leaves no token alive that nobody was given',
      async () => {
        const { race, browser } = await start()
        await browser.get('/write?1')
        race.store.loseAnswer('rotate')
        const ended = race.store.done('destroy')
        expect(await browser.get('/signin')).toMatchObject({ status: 503, setCookie: [] })
        await ended
        expect((await browser.get('/data')).json()).toEqual({})
        expect(await race.store.live()).toEqual([])
      },
    )

    setup.proving(1, 8).rule('an update that took effect but answered too late is reported as failed, and harms nobody', async () => {
      const { race, browser } = await start()
      await browser.get('/write?1')
      const held = race.store.holdAnswer('update')
      expect(await browser.get('/write?2')).toMatchObject({ status: 503, setCookie: [] })
      held.open()
      expect((await browser.get('/write?3')).status).toBe(200)
      expect((await browser.get('/data')).json()).toEqual({ a: 3 })
    })
  })
}
