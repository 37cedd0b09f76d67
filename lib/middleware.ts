// One request, top to bottom.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decorate } from './answer.js'
import { createApp, type SessionApp } from './app.js'
import { commit } from './commit.js'
import type { SessionEmitter } from './events.js'
import { type Arrival, Exchange, exchangeOf } from './exchange.js'
import { loadSession } from './load.js'
import { type SessionManager, sessionManager } from './manager.js'
import { isPromise } from './maybe.js'
import { helpEarlyTouch } from './missing-session.js'
import type { OpenStore, SessionOptions } from './options.js'
import { holdResponse } from './response-hold.js'
import type { Session } from './session.js'
import { readSessionCookies } from './session-cookie.js'
import type { SessionProperties } from './session-data.js'
import type { MaybePromise } from './store.js'

declare module 'node:http' {
  interface IncomingMessage {
    /** Put there by the session middleware. */
    session: Session & SessionProperties
  }
}

export type Next = (error?: unknown) => void

/** The middleware, and what an application does with sessions outside of a request. */
export interface Sessions extends SessionManager {
  (request: IncomingMessage, response: ServerResponse, next: Next): void
  /** Resolves once the store has been reached; rejects with what is in the way. */
  ready(): Promise<void>
  /** Ends what the store opened, and nothing else. */
  close(): Promise<void>
  /** The session of a request, also of one that the middleware did not see (an upgrade): then it is saved by hand. */
  of(request: IncomingMessage): Promise<Session & SessionProperties>
  readonly on: SessionEmitter['on']
}

/** Where the testing entry finds what a middleware is made of; shared by all copies of this package. */
export const APP: unique symbol = Symbol.for('steady-session.app') as never

export function createSessions(options: SessionOptions, openStore: OpenStore): Sessions {
  const app = createApp(options, openStore)

  function middleware(request: IncomingMessage, response: ServerResponse, next: Next): void {
    if (exchangeOf(app, request) !== undefined) return next()
    const proceed = (arrival: Arrival): void => {
      handle(new Exchange(app, request, arrival), response, next)
      next()
    }
    let arrival: MaybePromise<Arrival>
    try {
      arrival = loadSession(app, request, readSessionCookies(app, request))
    } catch (error) {
      return next(error)
    }
    if (isPromise(arrival)) arrival.then(proceed, next)
    else proceed(arrival)
  }

  helpEarlyTouch(middleware)
  return Object.assign(middleware, sessionManager(app), lifecycle(app), { [APP]: app })
}

/** Output waits for the commit; then the response tells the browser what it must know, and goes. */
function handle(exchange: Exchange, response: ServerResponse, next: Next): void {
  holdResponse(response, {
    beforeFirstByte: () => commitResponse(exchange),
    decorate: (headers) => {
      decorate(exchange, headers)
      exchange.cookieClosed = true
    },
    beforeEnd: () => commitResponse(exchange),
    onRefused: next,
    onCut: () => {},
  })
}

function commitResponse(exchange: Exchange): MaybePromise<void> {
  if (exchange.failed) return
  const fail = (error: unknown): never => {
    exchange.failed = true
    throw error
  }
  try {
    const committed = exchange.enqueue(() => {
      exchange.throwUnseenFailure()
      return commit(exchange.state, { explicit: false })
    })
    return isPromise(committed) ? committed.catch(fail) : committed
  } catch (error) {
    fail(error)
  }
}

function lifecycle(app: SessionApp): Pick<Sessions, 'ready' | 'close' | 'of' | 'on'> {
  return {
    ready: async () => {
      await app.connecting()
    },
    close: async () => {
      await app.config.store.close?.()
    },
    of: async (request) => {
      const seen = exchangeOf(app, request)
      if (seen !== undefined) return seen.session
      const exchange = new Exchange(app, request, await loadSession(app, request, readSessionCookies(app, request)))
      exchange.cookieClosed = true
      return exchange.session
    },
    on: (name, listener) => app.events.on(name, listener),
  }
}
