// Promise 1: no byte before the commit.
import { describe, expect } from '@jest/globals'
import { rawGet } from '../support/raw-client.js'
import { answer, type Handler, redirect } from '../support/site.js'
import type { RaceSetup } from './races.js'

const ROUNDS = 40

/** Every way to begin a response. */
const BEGINNINGS: Readonly<Record<string, Handler>> = {
  redirect: (_req, res) => redirect(res, '/data'),
  'end with a body': (_req, res) => res.end('a body'),
  'writeHead and end': (_req, res) => res.writeHead(302, { Location: '/data' }).end(),
  'write, write, end': (_req, res) => {
    res.write('one')
    res.write('two')
    res.end('three')
  },
  flushHeaders: (_req, res) => {
    res.flushHeaders()
    res.end('after the headers')
  },
}

export function redirectAgainstSave(setup: RaceSetup): void {
  const { rule } = setup.proving(1)

  describe('redirect against save', () => {
    rule(`D3: whoever follows a redirect on its first byte sees what was saved (${ROUNDS} rounds, new and known sessions)`, async () => {
      const race = await setup.start({
        '/save': (req, res) => {
          req.session.round = String(req.url).split('?')[1]
          redirect(res, '/data')
        },
        '/data': (req, res) => answer(res, req.session),
      })
      const browser = race.browser()
      await browser.get('/save?0')
      for (let round = 1; round <= ROUNDS; round++) {
        const held = race.store.holdCall('update')
        const raw = rawGet(race.site.port, `/save?${round}`, browser)
        await held.reached
        // Two whole round trips on other connections: had the server sent a byte, it would be here.
        await browser.get('/data')
        expect((await browser.get('/data')).json()).toEqual({ round: String(round - 1) })
        expect(raw.text).toBe('')
        held.open()
        await raw.head
        expect((await browser.get('/data')).json()).toEqual({ round: String(round) })
        await raw.closed
        expect(raw.text).toMatch(/^HTTP\/1\.1 302 /)
      }
    })

    rule('D3: a new session is in the store before the first byte of the response that sets its cookie', async () => {
      const race = await setup.start({
        '/save': (req, res) => {
          req.session.a = 1
          redirect(res, '/data')
        },
        '/data': (req, res) => answer(res, req.session),
      })
      const held = race.store.holdCall('create')
      const raw = rawGet(race.site.port, '/save', race.browser())
      await held.reached
      await race.browser().get('/data')
      expect(raw.text).toBe('')
      held.open()
      await raw.head
      expect(await race.store.live()).toEqual([0])
      await raw.closed
      expect(raw.text).toMatch(/\r\nSet-Cookie: sid=/i)
    })

    for (const saving of [true, false]) {
      const when = saving ? 'while another save is under way' : 'when nothing was changed before'
      rule(`a change made after the end of a response throws, since it could not be saved any more, ${when}`, async () => {
        const late: unknown[] = []
        const race = await setup.start({
          '/start': (req, res) => {
            if (saving) req.session.a = 0
            redirect(res, '/data')
            try {
              req.session.b = 1
            } catch (error) {
              late.push(error)
            }
          },
          '/data': (req, res) => answer(res, req.session),
        })
        const browser = race.browser()
        await browser.get('/start')
        expect((await browser.get('/data')).json()).toEqual(saving ? { a: 0 } : {})
        expect(late).toMatchObject([{ code: 'ERR_SESSION_CLOSED' }])
      })
    }

    for (const [beginning, begin] of Object.entries(BEGINNINGS)) {
      rule(`D3: no byte leaves before the save, whichever way the response begins: ${beginning}`, async () => {
        const race = await setup.start({
          '/start': (req, res) => {
            req.session.a = 0
            answer(res, 'started')
          },
          '/save': (req, res) => {
            req.session.a = 1
            begin(req, res)
          },
          '/data': (req, res) => answer(res, req.session),
        })
        const browser = race.browser()
        await browser.get('/start')
        const held = race.store.holdCall('update')
        const raw = rawGet(race.site.port, '/save', browser)
        await held.reached
        await browser.get('/data')
        await browser.get('/data')
        expect(raw.text).toBe('')
        held.open()
        await raw.head
        expect((await browser.get('/data')).json()).toEqual({ a: 1 })
        await raw.closed
      })
    }
  })
}
