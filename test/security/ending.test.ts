import { describe, expect, test } from '@jest/globals'
import { joinToken, newHandle, newVerifier } from '../../lib/token.js'
import { appOf } from '../lib/harness.js'
import { barrier, gate } from '../support/barrier.js'
import { Browser } from '../support/browser.js'
import { answer } from '../support/site.js'
import { EVERY_FRAMEWORK, placeOpener, route, userOf, valueHeldBy } from './kit.js'

const open = placeOpener()

/** Writers that are under way while the session ends. */
const WRITERS = 50
/** 1,000 in security.md, here over three frameworks. */
const REPLAYS = 334

describe.each(EVERY_FRAMEWORK)('the end of a session on %s', (framework) => {
  test('is final: no replay and no slow writer brings it back (T-10)', async () => {
    const held = gate()
    const all = barrier(WRITERS + 1)
    const { browser, store, count } = await open(
      framework,
      {},
      {
        '/slow': async (request, response) => {
          request.session.set('slow', request.url)
          void all()
          await held.pass()
          answer(response, 'the answer is not harmed')
        },
      },
    )
    await browser.get('/sign-in')
    const copy = browser.copy()
    const writers = Array.from({ length: WRITERS }, () => copy.copy().get('/slow'))
    await all()
    await browser.get('/sign-out')
    held.open()
    for (const { status, setCookie, json } of await Promise.all(writers)) {
      expect([status, setCookie, json()]).toEqual([200, [], 'the answer is not harmed'])
    }
    expect([count('gone'), store.size]).toEqual([WRITERS, 0])
    for (let i = 0; i < REPLAYS; i += 50) {
      const users = await Promise.all(Array.from({ length: Math.min(50, REPLAYS - i) }, () => userOf(copy.copy())))
      expect(users.every((user) => user === 'nobody')).toBe(true)
    }
    expect(store.size).toBe(0)
  })

  test('removes the cookie with the name, path, domain and flags that it was set with (T-13)', async () => {
    const cookie = { path: '/', domain: 'example.com', sameSite: 'none', secure: true, partitioned: true } as const
    const { browser } = await open(
      framework,
      { cookie, proxy: true },
      {
        '/forget': route(async (_session, { session }) => session.destroy()),
      },
    )
    const https = { 'x-forwarded-proto': 'https' }
    for (const path of ['/sign-out', '/forget']) {
      const [set = ''] = (await browser.get('/sign-in', https)).setCookie
      const [removed = '', ...more] = (await browser.get(path, https)).setCookie
      const identity = (line: string): string[] =>
        line
          .split('; ')
          .slice(1)
          .filter((part) => !/^(max-age|expires)=/i.test(part))
          .sort()
      expect([identity(removed), more]).toEqual([identity(set), []])
      expect(removed).toMatch(/^sid=; Max-Age=0; .*Expires=Thu, 01 Jan 1970 00:00:00 GMT/)
      expect(browser.cookies.size).toBe(0)
    }
  })

  test('does not happen to strangers: no visit and no logout fills the store or sets a cookie (T-17)', async () => {
    const { port, store, count } = await open(framework)
    const unknown = appOf().signer.seal(joinToken(newHandle(), newVerifier()))
    const cookies = ['', 'sid=', 'sid=forged', `sid=${unknown}`, `sid=${unknown.slice(0, -1)}x`, 'other=1']
    for (let round = 0; round < 20; round++) {
      for (const path of ['/user', '/sign-out', '/data', '/untouched', '/info']) {
        const answers = await Promise.all(cookies.map((cookie) => new Browser(port).get(path, cookie === '' ? {} : { cookie })))
        expect(answers.flatMap(({ setCookie }) => setCookie)).toEqual([])
      }
    }
    expect([store.size, count('created'), count('changed'), count('ended')]).toEqual([0, 0, 0, 0])
  })

  test('is not undone by a listener that throws, rejects or hangs (T-72)', async () => {
    const { browser, sessions, store } = await open(framework)
    sessions.on('ended', () => {
      throw new Error('listener')
    })
    sessions.on('ended', () => Promise.reject(new Error('listener')))
    sessions.on('ended', () => new Promise(() => {}))
    await browser.get('/sign-in')
    const copy = browser.copy()
    expect((await browser.get('/sign-out')).status).toBe(200)
    expect([await userOf(copy), store.size]).toEqual(['nobody', 0])
  })

  test('by the manager holds for every browser of that user (T-11)', async () => {
    const { browser, port, sessions } = await open(framework)
    const others = [new Browser(port), new Browser(port), new Browser(port)]
    for (const each of [browser, ...others]) await each.get('/sign-in')
    const { handle } = (await browser.get('/info')).json() as { handle: string }
    expect(await sessions.endAllOf('ann', { except: handle })).toBe(3)
    expect(await Promise.all([browser, ...others].map((each) => userOf(each)))).toEqual(['ann', 'nobody', 'nobody', 'nobody'])
    expect(await sessions.endAllOf('ann')).toBe(1)
    expect([await userOf(browser), valueHeldBy(browser) !== '']).toEqual(['nobody', true])
  })

  test('deletes what was deleted: a key that is unset, cleared or destroyed is gone from the store (T-71)', async () => {
    const routes = {
      '/fill': route((session) => session.set({ name: 'ann', a: 1, b: 2 })),
      '/unset': route((session) => Object.assign(session, { name: undefined, a: undefined })),
      '/clear': route((session) => session.clear()),
    }
    const { browser, store } = await open(framework, {}, routes)
    await browser.get('/fill')
    await browser.get('/unset')
    const stored = (): unknown => store.load(valueHeldBy(browser).slice(0, 66), { slide: false })
    expect(stored()).toMatchObject({ values: { b: '2' } })
    expect(Object.keys((stored() as { values: object }).values)).toEqual(['b'])
    expect((await browser.get('/data')).json()).toEqual({ b: 2 })
    await browser.get('/clear')
    expect([(await browser.get('/data')).json(), Object.keys((stored() as { values: object }).values)]).toEqual([{}, []])
  })
})
