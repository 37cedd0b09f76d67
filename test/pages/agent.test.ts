import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { deviceOf } from '../../pages/agent.js'
import { timesIn } from '../../pages/times.js'
import { CHROME, FIREFOX, IPHONE } from './kit.js'

describe('the name of a device', () => {
  const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'
  test.each([
    [FIREFOX, 'Firefox', 'Linux', 'computer'],
    [IPHONE, 'Safari', 'iPhone', 'phone'],
    [CHROME, 'Chrome', 'Windows', 'computer'],
    [`${CHROME} Edg/142.0.0.0`, 'Edge', 'Windows', 'computer'],
    [`${CHROME} OPR/124.0.0.0`, 'Opera', 'Windows', 'computer'],
    [
      `Mozilla/5.0 (Linux; Android 10; K) ${webkit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
      'Samsung Internet',
      'Android',
      'phone',
    ],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/142.0.0.0 Safari/537.36`, 'Chrome', 'ChromeOS', 'computer'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
      'Safari',
      'Mac',
      'computer',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1',
      'Chrome',
      'iPad',
      'phone',
    ],
    ['curl/8.5.0', 'curl', null, 'program'],
    ['Mozilla/5.0', null, null, 'program'],
    ['', null, null, 'program'],
    [null, null, null, 'program'],
  ])('of %s', (agent, browser, system, kind) => {
    expect(deviceOf(agent)).toEqual({ browser, system, kind })
  })

  test('is short, and told at once, whatever the agent is', () => {
    void fc.assert(
      fc.property(fc.string({ maxLength: 256 }), (agent) => {
        const { browser } = deviceOf(agent)
        expect((browser ?? '').length).toBeLessThanOrEqual(40)
      }),
    )
    const began = performance.now()
    for (const piece of ['Version/1 ', '/', ' Safari', 'Version/1.1.1']) deviceOf(piece.repeat(20_000))
    expect(performance.now() - began).toBeLessThan(2000)
  })
})

describe('a moment', () => {
  const now = new Date(Date.UTC(2026, 10, 22))
  test.each([
    [0, 'now'],
    [-59, 'now'],
    [-60, '1 minute ago'],
    [-3599, '59 minutes ago'],
    [-86_399, '23 hours ago'],
    [-86_400, 'yesterday'],
    [-40 * 86_400, 'last month'],
    [-800 * 86_400, '2 years ago'],
    [1, 'in 1 minute'],
    [299, 'in 5 minutes'],
    [3601, 'in 2 hours'],
  ])('of %s seconds is "%s"', (seconds, words) => {
    expect(timesIn('en').relative(new Date(now.getTime() + seconds * 1000), now)).toBe(words)
  })
})
