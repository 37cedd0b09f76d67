import { describe, expect } from '@jest/globals'
import { barrier } from '../support/barrier.js'
import { answer } from '../support/site.js'
import type { RaceSetup } from './races.js'

export function firstRequests(setup: RaceSetup): void {
  const { rule } = setup.proving()

  describe('parallel first requests', () => {
    rule(
      'D12: requests without a cookie are strangers to each other: three at once that write get three sessions, and each cookie opens its own only',
      async () => {
        const meet = barrier(3)
        const race = await setup.start({
          '/write': async (req, res) => {
            await meet()
            const mark = String(req.url).split('?')[1]
            req.session.set(`only${mark}`, mark)
            answer(res, Object.keys(req.session))
          },
          '/data': (req, res) => answer(res, req.session),
        })
        const browsers = ['1', '2', '3'].map((mark) => ({ mark, browser: race.browser() }))
        const answers = await Promise.all(browsers.map(({ mark, browser }) => browser.get(`/write?${mark}`)))
        expect(answers.map((each) => each.json())).toEqual([['only1'], ['only2'], ['only3']])
        for (const { mark, browser } of browsers) expect((await browser.get('/data')).json()).toEqual({ [`only${mark}`]: mark })
        expect(new Set(browsers.map(({ browser }) => browser.cookies.get('sid'))).size).toBe(3)
        expect(await race.store.live()).toHaveLength(3)
      },
    )

    rule(
      'D12: of three parallel first requests of one browser the last answer’s cookie stays, and it opens a session of that answer only',
      async () => {
        const meet = barrier(3)
        const race = await setup.start({
          '/write': async (req, res) => {
            await meet()
            req.session.mark = String(req.url).split('?')[1]
            answer(res, req.session.mark)
          },
          '/data': (req, res) => answer(res, req.session),
        })
        const browser = race.browser()
        await Promise.all(['1', '2', '3'].map((mark) => browser.get(`/write?${mark}`)))
        const data = (await browser.get('/data')).json() as { mark: string }
        expect(Object.keys(data)).toEqual(['mark'])
        expect(['1', '2', '3']).toContain(data.mark)
      },
    )

    setup.proving(6, 9).rule('D12: parallel first requests that only read make no session and no cookie', async () => {
      const meet = barrier(3)
      const race = await setup.start({
        '/read': async (req, res) => {
          await meet()
          answer(res, { user: req.session.userId })
        },
      })
      const answers = await Promise.all([1, 2, 3].map(() => race.browser().get('/read')))
      expect(answers.map(({ setCookie }) => setCookie)).toEqual([[], [], []])
      expect(race.store.calls).toEqual([])
    })
  })
}
