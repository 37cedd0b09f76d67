// From a request to what the session middleware keeps for it, whichever copy of this package (ESM, CommonJS) the middleware is of.
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { carriedBy } from '../lib/carried.js'
import { SessionMissingError } from '../lib/errors.js'
import type { Exchange } from '../lib/exchange.js'
import type { SetOptions, SignInOptions } from '../lib/session.js'
import type { SessionInfo } from '../lib/session-info.js'

/** A request that the session middleware has seen: of Express, Connect, `node:http` or the compatibility API of `node:http2`. */
export type AuthRequest = IncomingMessage | Http2ServerRequest

/** The session without the types of the application's data, among which our own key is not. */
export interface UntypedSession {
  readonly info: SessionInfo
  get(key: string): unknown
  set(key: string, value: unknown, options?: SetOptions): void
  delete(key: string): void
  clear(): void
  update(key: string, fn: (value: unknown) => unknown): Promise<unknown>
  signIn(userId: string | number, options?: SignInOptions): Promise<void>
  regenerate(options: { readonly keep: true | readonly string[] }): Promise<void>
}

/** Throws `SessionMissingError`, which begins with the name of the `caller`. */
export function exchangeOf(caller: string, request: AuthRequest): Exchange {
  const exchange = carriedBy(request as IncomingMessage)?.exchange
  if (exchange !== undefined) return exchange
  throw new SessionMissingError(`${caller}: the session middleware has not run for this request; move app.use(session(…)) above this route`)
}

export function sessionOf(exchange: Exchange): UntypedSession {
  return exchange.session as unknown as UntypedSession
}

/** Throws what stands in the way of a new token, before anything is changed. */
export function assertNewTokenPossible(exchange: Exchange): void {
  exchange.assertNotDegraded()
  exchange.state.assertWritable()
  exchange.state.assertCookiePossible()
}
