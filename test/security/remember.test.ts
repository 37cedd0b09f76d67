import { describe, expect, test } from '@jest/globals'
import { policies } from '../../lib/index.js'
import type { SessionOptions } from '../../lib/options.js'
import { cookieStore } from '../../stores/cookie.js'
import { clockAt, DAY, HOUR, MINUTE } from '../lib/harness.js'
import { Browser } from '../support/browser.js'
import { SECRET, siteOpener } from '../support/site.js'
import { EVERY_FRAMEWORK, placeOpener, route, userOf } from './kit.js'

const open = placeOpener()
const openSite = siteOpener()

const ROUTES = {
  '/remember-30d': route((session) => session.signIn('ann', { remember: '30d' })),
  '/remember-60d': route((session) => session.signIn('ann', { remember: '60d' })),
  '/remember-1d': route((session) => session.signIn('ann', { remember: '1d' })),
  '/remember-yes': route((session) => session.signIn('ann', { remember: true })),
  '/remember-no': route((session) => session.signIn('ann', { remember: false })),
  '/remember-wrong': route((session) => session.signIn('ann', { remember: '3600' }).catch((error: Error) => error.message)),
  '/again': route((session) => session.signIn('ann', { keep: true })),
  '/other': route((session) => session.signIn('bob')),
  '/switch': route((session) => session.set('userId', 'bob')),
}

const SHORT: SessionOptions = { expiry: '30m', maxLifetime: '12h' }

function maxAgeOf(lines: readonly string[]): number | null {
  const age = /Max-Age=(\d+)/.exec(lines.join())?.[1]
  return age === undefined ? null : Number(age) * 1000
}

describe.each(EVERY_FRAMEWORK)('a remembered session on %s', (framework) => {
  test('has an idle expiry and a lifetime of its own, also beyond those of the options', async () => {
    const { browser, clock } = await open(framework, SHORT, ROUTES)
    const { setCookie } = await browser.get('/remember-30d')
    expect(maxAgeOf(setCookie)).toBe(30 * DAY)
    clock.now += 30 * DAY - MINUTE
    expect(await userOf(browser)).toBe('ann')
    clock.now += MINUTE
    expect(await userOf(browser)).toBe('nobody')
  })

  test('ends when nobody comes for its own idle span, though the lifetime is longer', async () => {
    const { browser, clock } = await open(framework, {}, ROUTES)
    expect(maxAgeOf((await browser.get('/remember-1d')).setCookie)).toBe(30 * DAY)
    clock.now += DAY
    expect(await userOf(browser)).toBe('nobody')
  })

  test('beside it, an ordinary one keeps the clocks of the options', async () => {
    const { browser, clock } = await open(framework, SHORT, ROUTES)
    const { setCookie } = await browser.get('/sign-in')
    expect(maxAgeOf(setCookie)).toBe(12 * HOUR)
    clock.now += 30 * MINUTE
    expect(await userOf(browser)).toBe('nobody')
  })

  test('shows both clocks in its info', async () => {
    const { browser, clock } = await open(framework, SHORT, ROUTES)
    await browser.get('/remember-60d')
    clock.now += HOUR
    expect((await browser.get('/info')).json()).toMatchObject({
      idleExpiresAt: new Date(clock.now + 60 * DAY).toJSON(),
      absoluteExpiresAt: new Date(clock.now - HOUR + 60 * DAY).toJSON(),
      now: expect.stringContaining(new Date(clock.now).toJSON().slice(0, 18)),
      remembered: true,
    })
  })

  test('stays so when its user signs in again, and not when another does', async () => {
    const { browser, clock } = await open(framework, SHORT, ROUTES)
    await browser.get('/remember-30d')
    expect(maxAgeOf((await browser.get('/again')).setCookie)).toBe(30 * DAY)
    expect(maxAgeOf((await browser.get('/other')).setCookie)).toBe(12 * HOUR)
    clock.now += 30 * MINUTE
    expect(await userOf(browser)).toBe('nobody')
  })

  test('gives way to the ordinary clocks when the user changes without a sign-in', async () => {
    const { browser, clock } = await open(framework, SHORT, ROUTES)
    await browser.get('/remember-30d')
    expect(maxAgeOf((await browser.get('/switch')).setCookie)).toBe(12 * HOUR)
    clock.now += 30 * MINUTE
    expect(await userOf(browser)).toBe('nobody')
  })

  test('without it the cookie ends with the browser when so configured, and neither Max-Age nor Expires is sent (T-53)', async () => {
    const { browser } = await open(framework, { ...SHORT, remember: false }, ROUTES)
    expect((await browser.get('/sign-in')).setCookie.join()).not.toMatch(/Max-Age|Expires/i)
    expect(maxAgeOf((await browser.get('/remember-yes')).setCookie)).toBe(12 * HOUR)
    expect((await browser.get('/remember-no')).setCookie.join()).not.toMatch(/Max-Age|Expires/i)
    expect((await browser.get('/info')).json()).toMatchObject({ remembered: false })
  })

  test('with a wrong duration signs nobody in, and says how to write it', async () => {
    const { browser } = await open(framework, {}, ROUTES)
    expect((await browser.get('/remember-wrong')).json()).toBe("remember: '3600' has no unit; write 3600 (seconds) or '3600s'")
    expect(await userOf(browser)).toBe('nobody')
  })

  test('lasts as long in an encrypted cookie', async () => {
    const clock = clockAt(Date.UTC(2026, 10, 21))
    const store = cookieStore({ key: 'sid', secrets: [SECRET], clock })
    const site = await openSite({
      framework,
      options: { store, ...SHORT },
      routes: { ...ROUTES, '/user': route((s) => s.get('userId') ?? 'nobody') },
    })
    const browser = new Browser(site.port)
    await browser.get('/remember-30d')
    clock.now += 30 * DAY - MINUTE
    expect(await userOf(browser)).toBe('ann')
    clock.now += MINUTE
    expect(await userOf(browser)).toBe('nobody')
  })
})

describe('the policies', () => {
  test('carry the numbers of the standards, ready to be spread into the options (T-8, T-9)', () => {
    expect(policies).toEqual({
      aal1: { expiry: '14d', maxLifetime: '30d' },
      aal2: { expiry: '1h', maxLifetime: '24h', remember: false },
      aal3: { expiry: '15m', maxLifetime: '12h', remember: false },
      asvsL2: { expiry: '30m', maxLifetime: '12h' },
      asvsL3: { expiry: '15m', maxLifetime: '12h' },
    })
  })

  test.each(Object.entries(policies))('%s ends a session by both of its clocks', async (_, policy) => {
    const { browser, clock } = await open('Express 5', { ...policy }, ROUTES)
    await browser.get('/sign-in')
    const { idleExpiresAt, absoluteExpiresAt } = (await browser.get('/info')).json() as { idleExpiresAt: string; absoluteExpiresAt: string }
    const [idle, lifetime] = [Date.parse(idleExpiresAt) - clock.now, Date.parse(absoluteExpiresAt) - clock.now]
    const start = clock.now
    while (clock.now + idle - 1 < start + lifetime) {
      clock.now += idle - 1
      expect(await userOf(browser)).toBe('ann')
    }
    clock.now = start + lifetime
    expect(await userOf(browser)).toBe('nobody')
  })

  test('cannot be altered', () => {
    expect([Object.isFrozen(policies), ...Object.values(policies).map(Object.isFrozen)]).not.toContain(false)
  })
})
