// Moments and spans, as people say them.
import { type Content, type Html, html } from './html.js'

export interface Times {
  /** "2 hours ago", with the moment for machines and for whoever points at it. */
  ago(moment: Date, now: Date): Html
  /** "in 5 minutes", as text. */
  relative(moment: Date, now: Date): string
  /** "1 hour". */
  span(seconds: number): string
}

type Unit = 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year'

const UNITS: readonly (readonly [unit: Unit, seconds: number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

export function timesIn(lang: string): Times {
  const words = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' })
  const exact = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  const relative = (moment: Date, now: Date): string => {
    const seconds = (moment.getTime() - now.getTime()) / 1000
    // What comes is rounded up, so that five minutes are not called four as soon as they run.
    if (seconds > 0) return inTime(words, seconds)
    const [unit, size] = unitOf(-seconds)
    // What happened within the last minute is "now", not to the second.
    return words.format(unit === 'second' ? 0 : Math.ceil(seconds / size), unit)
  }
  return {
    relative,
    ago: (moment, now): Html => timeElement(moment, `${exact.format(moment)} UTC`, relative(moment, now)),
    span: (seconds) => {
      const [unit, size] = unitOf(seconds)
      return new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.round(seconds / size))
    },
  }
}

function inTime(words: Intl.RelativeTimeFormat, seconds: number): string {
  const [unit, size] = unitOf(Math.max(seconds, 60))
  return words.format(Math.ceil(seconds / size), unit)
}

function timeElement(moment: Date, title: string, content: Content): Html {
  return html`<time datetime="${moment.toISOString()}" title="${title}">${content}</time>`
}

function unitOf(seconds: number): readonly [unit: Unit, seconds: number] {
  return UNITS.find(([, size]) => seconds >= size) ?? ['second', 1]
}
