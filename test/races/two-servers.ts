// Two servers of one site over one backend: what holds within a process need not hold between two. Both stores are asked at the same
// moment, in a known order, so that one which reads before it writes reads twice and then writes twice.
import { describe, expect } from '@jest/globals'
import { Browser } from '../support/browser.js'
import type { Operation } from '../support/faulty-store.js'
import { answer, type Handler, type Routes } from '../support/site.js'
import type { RaceSetup } from './races.js'

const COMMON: Routes = {
  '/start': (req, res) => {
    req.session.set({ n: 0 })
    answer(res, 'started')
  },
  '/write': (req, res) => {
    req.session.written = true
    answer(res, 'written')
  },
  '/increment': async (req, res) => answer(res, await req.session.increment('n')),
  '/data': (req, res) => answer(res, req.session),
}

export function twoServers(setup: RaceSetup): void {
  const { startTwo } = setup
  // A store that lives in its process has one server only.
  if (startTwo === null) return

  /** One session at two servers: here a handler whose `operation` comes first, there the path whose update follows it. */
  const overlap = async (operation: Operation, handler: Handler, path: '/write' | '/increment') => {
    const [here, there] = await startTwo({ ...COMMON, '/here': handler })
    const browser = here.browser()
    await browser.get('/start')
    const other = new Browser(there.site.port, browser.cookies)
    const [first, second] = [here.store.holdCall(operation), there.store.holdCall('update')]
    const pending = [browser.get('/here'), other.get(path)]
    await Promise.all([first.reached, second.reached])
    first.open()
    second.open()
    const answers = await Promise.all(pending)
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    return { browser, other, answers }
  }

  describe('two servers', () => {
    const updates = setup.proving(2)
    const revoke = ['revoke', 'revoke-across-processes'] as const

    updates.decidingRule(['merge', 'merge-across-processes'], 'changes of different keys at two servers both survive', async () => {
      const setX: Handler = (req, res) => {
        req.session.x = 1
        answer(res, 'x')
      }
      const { browser } = await overlap('update', setX, '/write')
      expect((await browser.get('/data')).json()).toEqual({ n: 0, x: 1, written: true })
    })

    updates.decidingRule(['expect', 'expect-across-processes'], 'increments of one key at two servers are both counted', async () => {
      const { browser, answers } = await overlap('update', COMMON['/increment'] as Handler, '/increment')
      expect(answers.map((each) => Number(each.json())).toSorted()).toEqual([1, 2])
      expect((await browser.get('/data')).json()).toEqual({ n: 2 })
    })

    setup.proving(3).decidingRule(revoke, 'a session that one server ends is not brought back by a save at another', async () => {
      const end: Handler = async (req, res) => {
        await req.session.destroy()
        answer(res, 'ended')
      }
      const { other } = await overlap('destroy', end, '/write')
      expect((await other.get('/data')).json()).toEqual({})
    })

    setup.proving(4).decidingRule(revoke, 'a sign-in at one server is not undone by a save at another', async () => {
      const signIn: Handler = async (req, res) => {
        await req.session.signIn(7)
        answer(res, 'signed in')
      }
      const { browser, other } = await overlap('rotate', signIn, '/write')
      expect((await browser.get('/data')).json()).toEqual({ userId: 7 })
      expect((await other.get('/data')).json()).toEqual({})
    })
  })
}
