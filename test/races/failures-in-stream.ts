// The store fails at the first `write` (the middleware answers itself) or in mid-stream (a truncated answer must look truncated).
import { Readable } from 'node:stream'
import { describe, expect } from '@jest/globals'
import { type Gate, gate } from '../support/barrier.js'
import { rawGet } from '../support/raw-client.js'
import { answer, type Routes } from '../support/site.js'
import { FAILURES, makeFail, proofOfFailure, ruleOf, timeoutFor } from './failures-at-end.js'
import type { RaceSetup } from './races.js'

const COMMON: Routes = {
  '/start': (req, res) => {
    req.session.a = 1
    answer(res, 'started')
  },
  '/data': (req, res) => answer(res, req.session),
}

/** A source that is in no hurry. */
async function* pages(slowly: Gate): AsyncGenerator<string> {
  yield 'page one'
  await slowly.pass()
  yield 'page two'
}

export function failuresInStream(setup: RaceSetup): void {
  const { rule, ruleUnless } = setup.proving(1)

  describe('store failure at the first write', () => {
    for (const failure of FAILURES) {
      ruleOf(setup, failure)(
        `D4: a save that ${failure} gives a plain 503, the pipe is detached and later writes are swallowed`,
        async () => {
          const slowly = gate()
          const swallowed = gate()
          const race = await setup.start(
            {
              ...COMMON,
              '/pipe': (req, res) => {
                req.session.a = 2
                const source = Readable.from(pages(slowly))
                source.pipe(res)
                res.on('unpipe', () => {
                  slowly.open()
                  res.write('page three')
                  res.end('page four', swallowed.open)
                })
              },
            },
            { storeTimeout: timeoutFor(setup, failure) },
          )
          const browser = race.browser()
          await browser.get('/start')
          makeFail(race.store, 'update', failure)
          const refused = await browser.get('/pipe')
          expect(refused).toMatchObject({ status: 503, setCookie: [] })
          expect(refused.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': expect.stringMatching(/^text\/plain/) })
          expect(refused.body).not.toMatch(/page|hunter2|10\.0\.0\.7/)
          expect(race.site.errors).toEqual([])
          await swallowed.pass()
          expect(race.site.count('storeError')).toBe(1)
          expect((await browser.get('/data')).json()).toEqual({ a: 1 })
        },
      )
    }

    rule('D4: a create that fails after a write and an end gives 503 without a cookie', async () => {
      const race = await setup.start({
        '/stream': (req, res) => {
          req.session.a = 1
          res.write('page one')
          res.end('page two')
        },
      })
      const browser = race.browser()
      race.store.fail('create', 'reject')
      const refused = await browser.get('/stream')
      expect(refused).toMatchObject({ status: 503, setCookie: [] })
      expect(refused.body).not.toContain('page')
    })
  })

  describe('store failure in mid-stream', () => {
    for (const failure of FAILURES) {
      const title = `D4: a save that ${failure} at the end of a stream cuts the connection, so that the answer looks truncated`
      setup.proving(...proofOfFailure(failure)).ruleUnless('change-after-first-byte', title, async () => {
        const slowly = gate()
        const race = await setup.start(
          {
            ...COMMON,
            '/stream': async (req, res) => {
              res.write('page one')
              await slowly.pass()
              req.session.a = 2
              res.end('page two')
            },
          },
          { storeTimeout: timeoutFor(setup, failure) },
        )
        const browser = race.browser()
        await browser.get('/start')
        makeFail(race.store, 'update', failure)
        const raw = rawGet(race.site.port, '/stream', browser)
        await raw.firstByte
        slowly.open()
        await raw.closed
        expect(raw.text).toContain('page one')
        expect(raw.text).not.toMatch(/page two|hunter2/)
        expect(raw.text.endsWith('0\r\n\r\n')).toBe(false)
        expect(race.site.count('storeError')).toBe(1)
        expect((await browser.get('/data')).json()).toEqual({ a: 1 })
      })
    }

    // What such a store can do instead: nothing is lost in silence.
    if (!setup.can('change-after-first-byte')) {
      rule('a change after the first byte throws SessionClosedError, and what was stored before is still there', async () => {
        const late: unknown[] = []
        const race = await setup.start({
          ...COMMON,
          '/stream': (req, res) => {
            res.write('page one')
            try {
              req.session.a = 2
            } catch (error) {
              late.push(error)
            }
            res.end('page two')
          },
        })
        const browser = race.browser()
        await browser.get('/start')
        expect(await browser.get('/stream')).toMatchObject({ status: 200, body: 'page onepage two', setCookie: [] })
        expect(late).toMatchObject([{ code: 'ERR_SESSION_CLOSED' }])
        expect((await browser.get('/data')).json()).toEqual({ a: 1 })
      })
    }

    ruleUnless('change-after-first-byte', 'what a stream changes after its first byte is saved before its last', async () => {
      const slowly = gate()
      const race = await setup.start({
        ...COMMON,
        '/stream': async (req, res) => {
          res.write('page one')
          await slowly.pass()
          req.session.a = 2
          res.end('page two')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      const held = race.store.holdCall('update')
      const raw = rawGet(race.site.port, '/stream', browser)
      await raw.firstByte
      slowly.open()
      await held.reached
      await browser.get('/data')
      expect(raw.text).not.toContain('page two')
      held.open()
      await raw.closed
      expect(raw.text).toContain('page two')
      expect(raw.text.endsWith('0\r\n\r\n')).toBe(true)
      expect((await browser.get('/data')).json()).toEqual({ a: 2 })
    })
  })
}
