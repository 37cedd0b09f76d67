// Promises 6 and 9: what costs the store nothing, and what costs it one command.
import { describe, expect } from '@jest/globals'
import { answer, type Handler, type Routes } from '../support/site.js'
import type { RaceSetup } from './races.js'

/** What a handler may do with a session and leave nothing behind. */
const UNTOUCHED: Readonly<Record<string, Handler>> = {
  'is only looked at': (req) => [req.session.userId, req.session.has('a'), JSON.stringify(req.session), { ...req.session }],
  'is not looked at': () => {},
  'gets a key and loses it again': (req) => {
    req.session.a = 1
    req.session.delete('a')
  },
  'is saved as it is': (req) => req.session.save(),
  'is signed out of': (req) => req.session.signOut(),
}

const COMMON: Routes = {
  '/start': (req, res) => {
    req.session.a = 1
    answer(res, 'started')
  },
  '/data': (req, res) => answer(res, req.session),
}

export function readsAndStrangers(setup: RaceSetup): void {
  const reads = setup.proving(6)

  describe('reads', () => {
    reads.rule('a request that only reads costs one command at most, and sends no cookie', async () => {
      const race = await setup.start(COMMON)
      const browser = race.browser()
      await browser.get('/start')
      const before = race.commands()
      const read = await browser.get('/data')
      expect(race.commands() - before).toBeLessThanOrEqual(1)
      expect(read).toMatchObject({ body: '{"a":1}', setCookie: [] })
      expect(race.store.calls).toEqual(['create', 'load'])
    })

    reads.rule('a request whose cookie is forged costs no command, and is a stranger’s', async () => {
      const race = await setup.start(COMMON)
      const browser = race.browser()
      await browser.get('/start')
      const value = String(browser.cookies.get('sid'))
      const forgeries = [value.slice(0, -2), `${value}A`, value.replace(/.{20}$/, 'A'.repeat(20)), 'garbage', 'a.b.c', '%E0']
      const before = race.commands()
      for (const forged of forgeries) expect((await browser.get('/data', { cookie: `sid=${forged}` })).body).toBe('{}')
      expect(race.commands()).toBe(before)
    })
  })

  describe('strangers', () => {
    for (const [what, handler] of Object.entries(UNTOUCHED)) {
      setup.proving(6, 9).rule(`a stranger’s session that ${what} costs no command, is not stored and sets no cookie`, async () => {
        const race = await setup.start({
          '/': async (req, res) => {
            await handler(req, res)
            answer(res, 'the page')
          },
        })
        expect(await race.browser().get('/')).toMatchObject({ status: 200, body: '"the page"', setCookie: [] })
        expect([race.commands(), race.store.issued, race.site.count('created')]).toEqual([0, [], 0])
      })
    }
  })
}
