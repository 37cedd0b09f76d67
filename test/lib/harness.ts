// The core without HTTP: an application's shared part, requests with cookies, and sessions as a handler holds them.
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { jest } from '@jest/globals'
import { createApp, type SessionApp } from '../../lib/app.js'
import { Exchange } from '../../lib/exchange.js'
import { loadSession } from '../../lib/load.js'
import type { SessionOptions } from '../../lib/options.js'
import type { Session } from '../../lib/session.js'
import { readSessionCookies } from '../../lib/session-cookie.js'
import type { SessionProperties } from '../../lib/session-data.js'
import type { SessionRecord, SessionStore } from '../../lib/store.js'
import { openAddressLimiter } from '../../stores/address-limiter.js'
import { openStoreByName } from '../../stores/by-name.js'

export const SECRET = 'a secret for tests, of more than 32 bytes'
export const OTHER_SECRET = 'another secret, which is as long as that'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export type AnySession = Session & SessionProperties

/** A clock that stands still until it is moved. */
export interface Clock {
  (): number
  now: number
}

export function clockAt(now: number): Clock {
  const clock = Object.assign(() => clock.now, { now })
  return clock
}

export function appOf(options: SessionOptions = {}): SessionApp {
  return createApp({ secret: SECRET, ...options }, { openStore: openStoreByName, openLimiter: openAddressLimiter })
}

/** A request that came over plain HTTP, as Node would have parsed it. */
export function requestWith(headers: Readonly<Record<string, string>> = {}, url = '/'): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  return Object.assign(request, { url, method: 'GET', headers: { host: 'localhost', ...headers } })
}

/** A session in the store, by the contract alone. */
export async function stored(
  store: SessionStore,
  values: Readonly<Record<string, unknown>>,
  terms: Partial<SessionRecord['terms']> = {},
): Promise<string> {
  const texts: Record<string, string> = Object.create(null)
  for (const [key, value] of Object.entries(values)) texts[key] = JSON.stringify(value)
  const whole = { id: 'public-id', idleMs: 14 * DAY, lifetimeMs: 30 * DAY, persistent: true, indexes: {}, ...terms }
  return (await store.create({ values: texts, terms: whole })).token
}

/** The `Cookie` header that carries this token. */
export function cookieOf(app: SessionApp, token: string): string {
  return `${app.config.key}=${app.signer.seal(token)}`
}

export async function exchangeFor(app: SessionApp, cookie?: string, url?: string): Promise<Exchange> {
  const request = requestWith(cookie === undefined ? {} : { cookie }, url)
  return new Exchange(app, request, await loadSession(app, request, readSessionCookies(app, request)), null)
}

export interface Warned {
  readonly codes: () => string[]
  readonly text: () => string
}

/** What was warned of since this call; nothing is printed. */
export function warnings(): Warned {
  const spy = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const details = (): { code?: string }[] => spy.mock.calls.map((call) => (call as unknown[])[1] as { code?: string })
  return {
    codes: () => details().map(({ code }) => code ?? ''),
    text: () => spy.mock.calls.map(([message]) => String(message)).join('\n'),
  }
}

/** Runs `work` with `NODE_ENV=production`. */
export function inProduction<T>(work: () => T): T {
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = 'production'
  try {
    return work()
  } finally {
    process.env['NODE_ENV'] = before
  }
}
