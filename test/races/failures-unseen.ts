// Calls of the handler that fail: those that nobody awaits are the commit's to report, the others are the handler's own.
// A rejection that nobody handles would fail the test by itself: Jest watches for it.
import { describe, expect } from '@jest/globals'
import { turn } from '../support/barrier.js'
import type { Operation } from '../support/faulty-store.js'
import { answer, type Handler, type Routes } from '../support/site.js'
import { expectRefused, FAILURES, makeFail, ruleOf, timeoutFor } from './failures-at-end.js'
import type { RaceSetup } from './races.js'

const COMMON: Routes = {
  '/start': (req, res) => {
    req.session.set({ a: 1, n: 1 })
    answer(res, 'started')
  },
  '/data': (req, res) => answer(res, req.session),
}

/** Handlers that forget to wait. */
const FORGETFUL: Readonly<Record<string, { readonly operation: Operation; readonly call: Handler }>> = {
  update: { operation: 'update', call: (req) => void req.session.update('n', (n) => n + 1) },
  increment: { operation: 'update', call: (req) => void req.session.increment('n') },
  save: {
    operation: 'update',
    call: (req) => {
      req.session.a = 2
      void req.session.save()
    },
  },
  signOut: { operation: 'destroy', call: (req) => void req.session.signOut() },
  destroy: { operation: 'destroy', call: (req) => void req.session.destroy() },
  regenerate: { operation: 'destroy', call: (req) => void req.session.regenerate() },
}

export function failuresUnseen(setup: RaceSetup): void {
  const { rule } = setup.proving(1)

  describe('a forgotten await', () => {
    for (const [name, { operation, call }] of Object.entries(FORGETFUL)) {
      const routes: Routes = {
        ...COMMON,
        '/forget': (req, res) => {
          call(req, res)
          answer(res, 'the page')
        },
      }

      rule(`the response waits for a ${name} that nobody awaits`, async () => {
        const race = await setup.start(routes)
        const browser = race.browser()
        await browser.get('/start')
        const before = (await browser.get('/data')).json()
        const held = race.store.holdCall(operation)
        let answered = false
        const pending = browser.get('/forget').finally(() => {
          answered = true
        })
        await held.reached
        expect((await browser.copy().get('/data')).json()).toEqual(before)
        expect(answered).toBe(false)
        held.open()
        expect((await pending).status).toBe(200)
        expect((await browser.get('/data')).json()).not.toEqual(before)
      })

      for (const failure of FAILURES) {
        ruleOf(setup, failure)(`the failure of a ${name} that nobody awaits is the response’s, also if the store ${failure}`, async () => {
          const race = await setup.start(routes, { storeTimeout: timeoutFor(setup, failure) })
          const browser = race.browser()
          await browser.get('/start')
          makeFail(race.store, operation, failure)
          expectRefused(await browser.get('/forget'), race, operation)
          expect((await browser.get('/data')).json()).toEqual({ a: 1, n: 1 })
          await turn()
        })
      }

      rule(`the failure of a ${name} that the handler awaits and catches is the handler’s own`, async () => {
        const race = await setup.start({
          ...COMMON,
          '/catch': async (req, res) => {
            const { session } = req
            const calls: Readonly<Record<string, () => Promise<unknown>>> = {
              update: () => session.update('n', (n) => n + 1),
              increment: () => session.increment('n'),
              save: () => {
                session.a = 2
                return session.save()
              },
              signOut: () => session.signOut(),
              destroy: () => session.destroy(),
              regenerate: () => session.regenerate(),
            }
            const failed = await calls[name]?.().then(
              () => false,
              () => true,
            )
            answer(res, { failed })
          },
        })
        const browser = race.browser()
        await browser.get('/start')
        race.store.fail(operation, 'reject')
        expect(await browser.get('/catch')).toMatchObject({ status: 200, body: '{"failed":true}' })
        expect(race.site.errors).toEqual([])
      })
    }

    rule('a save that failed and was caught is tried again by the commit', async () => {
      const race = await setup.start({
        ...COMMON,
        '/save': async (req, res) => {
          req.session.a = 2
          await req.session.save().catch(() => {})
          answer(res, 'saved')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      race.store.fail('update', 'reject')
      expect((await browser.get('/save')).status).toBe(200)
      expect((await browser.get('/data')).json()).toEqual({ a: 2, n: 1 })
    })

    rule('what the handler changes after a save that failed and was caught is not lost silently', async () => {
      const race = await setup.start({
        ...COMMON,
        '/save': async (req, res) => {
          req.session.a = 2
          await req.session.save().catch(() => {})
          req.session.n = 2
          answer(res, 'the page')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      for (let i = 0; i < 2; i++) race.store.fail('update', 'reject')
      expect(await browser.get('/save')).toMatchObject({ status: 503 })
    })

    rule(
      'after a save that failed and was not caught, the application’s own error page goes out, also if the store goes on failing',
      async () => {
        const race = await setup.start({
          ...COMMON,
          '/save': async (req, res) => {
            req.session.a = 2
            await req.session.save().catch((error: { status: number }) => {
              res.statusCode = error.status
              res.end('the error page')
            })
          },
        })
        const browser = race.browser()
        await browser.get('/start')
        for (let i = 0; i < 3; i++) race.store.fail('update', 'reject')
        expect(await browser.get('/save')).toMatchObject({ status: 503, body: 'the error page' })
      },
    )

    rule('a session whose commit failed commits nothing more, so the error page cannot be held up or refused', async () => {
      const race = await setup.start({
        ...COMMON,
        '/write': (req, res) => {
          req.session.a = 2
          answer(res, 'the page')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      race.store.fail('update', 'reject')
      race.store.fail('update', 'reject')
      expectRefused(await browser.get('/write'), race, 'update')
      expect(race.store.calls.filter((call) => call === 'update')).toHaveLength(1)
    })
  })
}
