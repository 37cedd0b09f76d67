// Durations: a number of seconds, or a string with a unit. Inside, milliseconds.
import ms from 'ms'

/** A number of seconds, or a string with a unit such as `'30m'`, `'12h'`, `'14d'`, `'750ms'`. */
export type Duration = number | string

export const SECOND = 1000
export const DAY: number = 24 * 60 * 60 * SECOND

/** RFC 6265bis 5.5: browsers cap the lifetime of a cookie. */
export const MAX_COOKIE_AGE_MS: number = 400 * DAY

/**
 * Reads a duration into milliseconds. Throws a `TypeError` that begins with the option's name for anything that is not a positive
 * duration, also for a string without a unit (`'3600'`), since `ms` would read it as milliseconds and a reader as seconds.
 */
export function durationMs(option: string, value: unknown): number {
  const milliseconds = typeof value === 'number' ? value * SECOND : typeof value === 'string' ? parse(option, value) : Number.NaN
  if (!Number.isFinite(milliseconds) || milliseconds < 1) {
    throw new TypeError(`${option}: expected a positive number of seconds or a string with a unit such as '30m', got ${describe(value)}`)
  }
  return Math.round(milliseconds)
}

function parse(option: string, text: string): number {
  if (/^\s*[\d.]+\s*$/.test(text)) {
    throw new TypeError(`${option}: '${text.slice(0, 40)}' has no unit; write ${text.trim()} (seconds) or '${text.trim()}s'`)
  }
  return text !== '' && text.length <= 40 ? (ms(text as ms.StringValue) ?? Number.NaN) : Number.NaN
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${value.slice(0, 40)}'` : String(value).slice(0, 40)
}
