import { describe, expect, test } from '@jest/globals'
import { durationMs } from '../../lib/durations.js'

describe('durations', () => {
  test.each([
    [1, 1000],
    [0.5, 500],
    [14 * 24 * 60 * 60, 1_209_600_000],
    ['750ms', 750],
    ['30m', 1_800_000],
    ['12h', 43_200_000],
    ['14d', 1_209_600_000],
    ['1 day', 86_400_000],
    ['1.5h', 5_400_000],
  ])('read %p as %p milliseconds: a number is seconds, a string has a unit', (value, expected) => {
    expect(durationMs('expiry', value)).toBe(expected)
  })

  test.each(['3600', ' 3600 ', '1.5', '0'])('refuse the string %p, which has no unit, and say how to write it', (value) => {
    expect(() => durationMs('expiry', value)).toThrow(
      new RegExp(`^expiry: .*has no unit; write ${value.trim()} \\(seconds\\) or '${value.trim()}s'$`),
    )
  })

  test.each([
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '-5m',
    '0s',
    '5 parsecs',
    'soon',
    '1e3',
    '1e3s',
    `${'9'.repeat(50)}d`,
    true,
    null,
    {},
    [],
    5n,
  ])('refuse %p with a TypeError that begins with the name of the option', (value) => {
    const attempt = (): number => durationMs('maxLifetime', value)
    expect(attempt).toThrow(TypeError)
    expect(attempt).toThrow(/^maxLifetime: expected a positive number of seconds or a string with a unit/)
  })

  test('refuse an empty string, which an unset environment variable gives, like any other', () => {
    expect(() => durationMs('expiry', '')).toThrow(/^expiry: /)
    expect(() => durationMs('expiry', '')).toThrow(TypeError)
  })

  test('never repeat more than 40 characters of what was given', () => {
    expect(() => durationMs('expiry', 'x'.repeat(10_000))).toThrow(/^.{0,140}$/)
  })
})
