// The store under the real middleware: one cookie is all there is.
import { describe, expect, test } from '@jest/globals'
import { type CookieStoreOptions, cookieStore } from '../../../stores/cookie.js'
import { memoryStore } from '../../../stores/memory.js'
import { clockAt } from '../../lib/harness.js'
import { EVERY_FRAMEWORK, route, userOf, valueHeldBy } from '../../security/kit.js'
import { Browser } from '../../support/browser.js'
import { type Framework, SECRET, type Site, siteOpener } from '../../support/site.js'

const openSite = siteOpener()

const ROUTES = {
  '/set': route((session) => session.set('cart', ['pear'])),
  '/fill': route((session) => session.set('large', 'x'.repeat(5000))),
  '/sign-in': route((session) => session.signIn('ann')),
  '/sign-in-large': route((session) => {
    session.set('large', 'x'.repeat(5000))
    return session.signIn('ann')
  }),
  '/sign-out': route((session) => session.signOut()),
  '/data': route((session) => session.toJSON()),
  '/user': route((session) => session.get('userId') ?? 'nobody'),
}

async function open(
  framework: Framework,
  options: Partial<CookieStoreOptions> = {},
): Promise<Site & { browser: Browser; advance: (ms: number) => void }> {
  const clock = clockAt(Date.UTC(2026, 10, 21))
  const store = cookieStore({ key: 'sid', secrets: [SECRET], clock, ...options })
  const site = await openSite({ framework, options: { store }, routes: ROUTES })
  return Object.assign(site, { browser: new Browser(site.port), advance: (ms: number) => void (clock.now += ms) })
}

describe.each(EVERY_FRAMEWORK)('the encrypted cookie on %s', (framework) => {
  test('holds the session, and is not signed a second time', async () => {
    const { browser } = await open(framework)
    await browser.get('/set')
    expect((await browser.get('/data')).json()).toEqual({ cart: ['pear'] })
    expect(valueHeldBy(browser)).toMatch(/^[\w-]{100,}$/)
  })

  test('is sent when something changed or slid, and not else', async () => {
    const { browser, advance } = await open(framework)
    expect((await browser.get('/set')).setCookie).toHaveLength(1)
    expect((await browser.get('/data')).setCookie).toEqual([])
    advance(2 * 86_400_000)
    expect((await browser.get('/data')).setCookie).toHaveLength(1)
    expect((await browser.get('/data')).setCookie).toEqual([])
  })

  test('signs in and out', async () => {
    const { browser } = await open(framework)
    await browser.get('/sign-in')
    expect(await userOf(browser)).toBe('ann')
    await browser.get('/sign-out')
    expect([await userOf(browser), browser.cookies.size]).toEqual(['nobody', 0])
  })

  test('sessions that are too large, many in a row, are no sign of trouble: others keep theirs', async () => {
    const { browser, port } = await open(framework)
    await browser.get('/set')
    for (let n = 0; n < 6; n++) expect((await new Browser(port).get('/fill')).status).toBe(500)
    expect((await browser.get('/data')).json()).toEqual({ cart: ['pear'] })
  })

  test('a sign-in that does not fit leaves the session as it was, its record too', async () => {
    const { browser } = await open(framework, { revocation: memoryStore() })
    await browser.get('/set')
    expect((await browser.get('/sign-in-large')).status).toBe(500)
    expect((await browser.get('/data')).json()).toEqual({ cart: ['pear'] })
  })

  test('T-22: a session that is too large is a 500 without a cookie, and the old one stays', async () => {
    const { browser, errors } = await open(framework)
    await browser.get('/set')
    const refused = await browser.get('/fill')
    expect([refused.status, refused.setCookie]).toEqual([500, []])
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_TOO_LARGE' })])
    expect((await browser.get('/data')).json()).toEqual({ cart: ['pear'] })
  })

  test('T-29: every kind of a wrong cookie gets the same answer', async () => {
    const { browser, port } = await open(framework)
    await browser.get('/sign-in')
    const good = valueHeldBy(browser)
    const wrong = ['x', '', `${good}=`, good.slice(1), good.slice(0, -4), `B${good.slice(1)}`, `${good.slice(0, 40)}AAAA${good.slice(44)}`]
    const answers = await Promise.all(wrong.map((value) => new Browser(port, [['sid', value]]).get('/user')))
    const { date: _date, ...headers } = answers[0]?.headers ?? {}
    for (const { status, headers: each, body } of answers) {
      expect([status, body]).toEqual([200, '"nobody"'])
      expect(each).toEqual({ ...headers, date: expect.any(String) })
    }
  })

  test('T-42: a copy from before the sign-out is dead with records, and alive without', async () => {
    for (const [options, user] of [[{}, 'ann'] as const, [{ revocation: memoryStore() }, 'nobody'] as const]) {
      const { browser } = await open(framework, options)
      await browser.get('/sign-in')
      const copy = browser.copy()
      await browser.get('/sign-out')
      expect(await userOf(copy)).toBe(user)
    }
  })

  test('T-11: with records the manager lists and ends the sessions of a user', async () => {
    const { browser, sessions } = await open(framework, { revocation: memoryStore() })
    await browser.get('/sign-in')
    expect(await sessions.list({ user: 'ann' })).toHaveLength(1)
    expect(await sessions.endAllOf('ann')).toBe(1)
    expect(await userOf(browser)).toBe('nobody')
  })
})
