import { describe, expect, test } from '@jest/globals'
import { DAY, HOUR, MINUTE, SECOND } from '../lib/harness.js'
import { EVERY_FRAMEWORK, placeOpener, route, userOf, valueHeldBy } from './kit.js'

const open = placeOpener()

interface Info {
  readonly expiresAt: string
  readonly startedAt: string
  readonly authenticatedAt: string
}

const LIMITS = [
  ['the default', {}, 14 * DAY, 30 * DAY],
  ['NIST AAL2', { expiry: '1h', maxLifetime: '24h' }, HOUR, DAY],
  ['ASVS level 2', { expiry: '30m', maxLifetime: '12h' }, 30 * MINUTE, 12 * HOUR],
  ['ASVS level 3', { expiry: '15m', maxLifetime: '12h' }, 15 * MINUTE, 12 * HOUR],
] as const

describe.each(EVERY_FRAMEWORK)('the clocks on %s', (framework) => {
  test.each(LIMITS)(
    'idle: a session lives a second before its end and not after it, whatever its cookie says (%s, T-8)',
    async (_, options, idle, _lifetime) => {
      const { browser, clock, store, count } = await open(framework, options)
      await browser.get('/sign-in')
      clock.now += idle - SECOND
      expect(await userOf(browser)).toBe('ann')
      clock.now += idle + SECOND
      // The jar of this browser keeps the cookie for ever: Max-Age plays no part.
      expect([await userOf(browser), store.size, count('ended')]).toEqual(['nobody', 0, 1])
    },
  )

  test.each(LIMITS)('absolute: a session that is used all the time ends all the same (%s, T-9)', async (_, options, idle, lifetime) => {
    const { browser, clock } = await open(framework, options)
    await browser.get('/sign-in')
    const start = clock.now
    const step = idle / 2
    for (clock.now = start + step; clock.now < start + lifetime; clock.now += step) {
      expect(await userOf(browser)).toBe('ann')
      expect(Date.parse(((await browser.get('/info')).json() as Info).expiresAt)).toBeLessThanOrEqual(start + lifetime)
    }
    clock.now = start + lifetime - SECOND
    expect(await userOf(browser)).toBe('ann')
    clock.now = start + lifetime
    expect(await userOf(browser)).toBe('nobody')
  })

  test('a visit moves the idle end only, a sign-in moves both (T-56)', async () => {
    const { browser, clock } = await open(framework)
    const info = async (): Promise<Info> => (await browser.get('/info')).json() as Info
    await browser.get('/sign-in')
    const start = clock.now
    clock.now += DAY
    const visited = await info()
    expect([visited.startedAt, visited.authenticatedAt].map((time) => Date.parse(time))).toEqual([start, start])
    expect(Date.parse(visited.expiresAt)).toBe(clock.now + 14 * DAY)
    const { setCookie } = await browser.get('/sign-in')
    expect(setCookie[0]).toMatch(/Max-Age=2592000/)
    const renewed = await info()
    expect([renewed.startedAt, renewed.authenticatedAt].map((time) => Date.parse(time))).toEqual([clock.now, clock.now])
    clock.now += 29 * DAY
    expect(await userOf(browser)).toBe('nobody')
  })

  test('a hundred reloads and saves do not move the end, with sliding or without (T-63)', async () => {
    for (const slides of [true, false]) {
      const routes = {
        '/work': route(async (session) => {
          for (let i = 0; i < 100; i++) {
            session.set('i', i)
            await session.save()
            await session.reload()
          }
          return session.info
        }),
      }
      const { browser, clock } = await open(framework, { slide: () => slides }, routes)
      await browser.get('/sign-in')
      const start = clock.now
      clock.now += DAY
      const { expiresAt } = (await browser.get('/work')).json() as Info
      expect(Date.parse(expiresAt)).toBe(start + 14 * DAY + (slides ? DAY : 0))
      clock.now = start + 14 * DAY
      expect(await userOf(browser)).toBe(slides ? 'ann' : 'nobody')
    }
  })

  test('a poll that must not slide keeps no session alive', async () => {
    const { browser, clock } = await open(framework, { slide: ({ url }) => url !== '/untouched' })
    await browser.get('/sign-in')
    for (let day = 0; day < 14; day++) {
      await browser.get('/untouched')
      clock.now += DAY
    }
    expect(await userOf(browser)).toBe('nobody')
  })

  test('a clock of the application that jumps back extends nothing beyond the absolute end', async () => {
    const { browser, clock } = await open(framework)
    await browser.get('/sign-in')
    const start = clock.now
    clock.now = start - HOUR
    expect(await userOf(browser)).toBe('ann')
    clock.now = start + 30 * DAY
    expect(await userOf(browser)).toBe('nobody')
  })

  test('the cookie is not sent again to slide', async () => {
    const { browser, clock } = await open(framework)
    await browser.get('/sign-in')
    const value = valueHeldBy(browser)
    for (let day = 0; day < 20; day += 5) {
      clock.now += 5 * DAY
      expect((await browser.get('/user')).setCookie).toEqual([])
    }
    expect(valueHeldBy(browser)).toBe(value)
  })
})
