// What `session(…)` returns: the middleware, and what an application does with sessions outside of a request.
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { createApp, type SessionApp } from './app.js'
import { withDeadline } from './deadline.js'
import type { SessionEmitter } from './events.js'
import { Exchange, exchangeOf } from './exchange.js'
import { loadSession } from './load.js'
import { type SessionManager, sessionManager } from './manager.js'
import { type Middleware, type Next, sessionMiddleware } from './middleware.js'
import type { Outside, SessionOptions } from './options.js'
import { installAccessor } from './request-session.js'
import type { Session } from './session.js'
import { readSessionCookies } from './session-cookie.js'
import type { SessionProperties } from './session-data.js'
import type { StoreLimit } from './store.js'

declare module 'node:http' {
  interface IncomingMessage {
    /** Put there by the session middleware. */
    readonly session: Session & SessionProperties
  }
}

declare module 'node:http2' {
  interface Http2ServerRequest {
    /** Put there by the session middleware. */
    readonly session: Session & SessionProperties
  }
}

export interface Sessions extends SessionManager, Middleware {
  /** What the store cannot promise, so that an application offers nothing that would fail: `cannot.includes('index')` where sessions are not found by user. */
  readonly cannot: readonly StoreLimit[]
  /** Resolves once the store has been reached, and heard if somebody listens to `ended`; rejects with what is in the way. */
  ready(): Promise<void>
  /** Waits for store calls under way, at most `storeTimeout`; then ends what the store opened, and nothing else. */
  close(): Promise<void>
  /** The session of a request, also of one that the middleware did not see (an upgrade): then it is saved by hand. */
  of(request: IncomingMessage | Http2ServerRequest, options?: AskOptions): Promise<Session & SessionProperties>
  /**
   * Calls `listener` for every such event; returns a function that stops it. `ended` and `endedAll` also come from other processes on the store (`elsewhere`), where it
   * can tell: in Redis by pub/sub, over a connection of its own.
   */
  readonly on: SessionEmitter['on']
  /**
   * For `discardOnError`: an error handler, to be mounted before the application's own, that lets nothing be saved of a request whose handler failed,
   * whatever the status of the answer. Passes the error on.
   */
  readonly errorHandler: ErrorHandler
}

export interface AskOptions {
  /** Asks the store once more, as for a request that comes now with the same headers: for a connection that stays open. What was had before stays as it is. */
  readonly again?: boolean
  /** Whether the idle expiry starts again if the store is asked. Default: what the option `slide` says. */
  readonly slide?: boolean
}

/** Express and Connect know an error handler by its four parameters. */
export type ErrorHandler = (error: unknown, request: IncomingMessage, response: unknown, next: Next) => void

/** Where the testing entry finds what a middleware is made of; shared by all copies of this package. */
export const APP: unique symbol = Symbol.for('steady-session.app') as never

export function createSessions(options: SessionOptions, outside: Outside): Sessions {
  const app = createApp(options, outside)
  const middleware = sessionMiddleware(app)
  installAccessor(middleware)
  Object.defineProperty(middleware, APP, { value: app })
  return Object.assign(middleware, sessionManager(app), lifecycle(app))
}

function lifecycle(app: SessionApp): Pick<Sessions, 'cannot' | 'ready' | 'close' | 'of' | 'on' | 'errorHandler'> {
  const { store, connectTimeoutMs } = app.config
  return {
    cannot: store.cannot ?? [],
    ready: async () => {
      await app.connecting()
      await withDeadline('subscribe', connectTimeoutMs, () => app.hearing.begun())
    },
    close: async () => {
      await app.drained()
      await withDeadline('close', connectTimeoutMs, () => store.close?.())
    },
    of: async (given, { again = false, slide } = {}) => {
      const request = again ? anew(given as IncomingMessage) : (given as IncomingMessage)
      const seen = exchangeOf(app, request)
      if (seen !== undefined) return seen.session
      const arrival = await loadSession(app, request, readSessionCookies(app, request), slide === undefined ? undefined : () => slide)
      const meanwhile = exchangeOf(app, request)
      if (meanwhile !== undefined) return meanwhile.session
      const exchange = new Exchange(app, request, arrival, null)
      exchange.cookieClosed = true
      return exchange.session
    },
    on: (name, listener) => {
      if (name === 'ended' || name === 'endedAll') app.hearing.begin()
      return app.events.on(name, listener)
    },
    errorHandler: (error, request, _response, next) => {
      const exchange = exchangeOf(app, request)
      if (exchange !== undefined && app.config.discards !== null) exchange.discarded = true
      next(error)
    },
  }
}

/** The same request, which carries nothing of ours yet: see carried.ts. */
function anew(request: IncomingMessage): IncomingMessage {
  return Object.create(request, { rawHeaders: { value: [...request.rawHeaders] } }) as IncomingMessage
}
