// What the response says about the session: its cookie, and that caches must keep it apart.

import { isOurLine } from './cookie-parts.js'
import type { Arrival, Exchange } from './exchange.js'
import type { HeldHeaders } from './held-headers.js'
import { clearedCookieLines, sessionCookieLines } from './session-cookie.js'
import type { SessionFacts } from './store.js'

/** Whether the browser must learn something even if nobody looks at the session. */
export function hasNews(arrival: Arrival): boolean {
  if (arrival.several) return true
  const { found } = arrival
  return found !== null && (found.cookie.stale || found.cookie.token !== found.loaded.token)
}

/** Nearly every response has none of these, and is spared the reading of its headers one by one. */
const TOUCHED = /\r\n(?:vary|cache-control|set-cookie):/i
const CACHING = /\r\n(?:vary|cache-control):/i
const APART = 'Vary: Cookie\r\nCache-Control: private\r\n'

/** Adds our headers to the application's. */
export function decorate(exchange: Exchange, headers: HeldHeaders): void {
  const cookies = cookieLines(exchange)
  if (cookies.length === 0 && !exchange.used) return
  if (headers.addUnless?.(TOUCHED, APART, cookies)) return
  if (!headers.addUnless?.(CACHING, APART, NO_LINES)) keepApart(headers, cookies.length > 0)
  if (cookies.length > 0) headers.set('Set-Cookie', [...othersCookies(exchange, headers), ...cookies])
}

const NO_LINES: readonly string[] = []

/** Only when the browser must learn something: a new token, a new signature, an end. */
export function cookieLines(exchange: Exchange): readonly string[] {
  const { app, request, arrival, state } = exchange
  const { stored } = state
  if (stored === null) {
    return exchange.clearsCookie || arrival.several ? clearedCookieLines(app, request, arrival.several) : []
  }
  const known = arrival.found?.cookie
  if (state.ended || state.gone || (known !== undefined && known.token === stored.token && !known.stale)) return NO_LINES
  const lines = sessionCookieLines(app, request, stored.token, stored.facts, timeOf(exchange, stored.facts))
  if (lines.length === 0) return []
  return arrival.several ? [...clearedCookieLines(app, request, true), ...lines] : lines
}

function timeOf(exchange: Exchange, facts: SessionFacts): number {
  const loaded = exchange.arrival.found?.loaded
  return loaded !== undefined && loaded.facts.startedAt === facts.startedAt ? loaded.now : facts.startedAt
}

/** The application's own cookies, in order; never a second line of our name (RFC 6265bis 4.1.1). */
function othersCookies(exchange: Exchange, headers: HeldHeaders): readonly string[] {
  const given = headers.get('Set-Cookie') ?? []
  return (typeof given === 'string' ? [given] : given).filter((line) => !isOurLine(exchange.app.config, line))
}

function keepApart(headers: HeldHeaders, setsCookie: boolean): void {
  const vary = textOf(headers.get('Vary'))
  if (!/(^|,)\s*(cookie|\*)\s*(,|$)/i.test(vary)) headers.set('Vary', vary === '' ? 'Cookie' : `${vary}, Cookie`)
  const caching = textOf(headers.get('Cache-Control'))
  if (caching === '') headers.set('Cache-Control', 'private')
  else if (setsCookie && !/(^|,)\s*(private|no-store)\s*(,|$)/i.test(caching)) headers.set('Cache-Control', privately(caching))
}

function privately(caching: string): string {
  const directives = caching.split(',').map((directive) => directive.trim())
  return ['private', ...directives.filter((directive) => !/^(public|s-maxage=.*)$/i.test(directive))].join(', ')
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(', ')
}
