// One request, top to bottom.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decorate, hasNews } from './answer.js'
import { createApp, type SessionApp } from './app.js'
import { commit } from './commit.js'
import type { SessionEmitter } from './events.js'
import { type Arrival, Exchange, exchangeOf, type Reply } from './exchange.js'
import { loadSession } from './load.js'
import { type SessionManager, sessionManager } from './manager.js'
import { isPromise } from './maybe.js'
import { installAccessor } from './request-session.js'
import type { OpenStore, SessionOptions } from './options.js'
import { EntryHead } from './held-headers.js'
import { type HeldHeaders, type Hold, type HoldHooks, holdResponse } from './response-hold.js'
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
    const reply = new HeldReply(response, next)
    const proceed = (arrival: Arrival): void => {
      const exchange = new Exchange(app, request, arrival, reply)
      if (hasNews(arrival)) exchange.start()
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

  installAccessor(middleware)
  return Object.assign(middleware, sessionManager(app), lifecycle(app), { [APP]: app })
}

/** From the moment that anybody looks at the session, output waits for its commit; then the response says what the browser must know. */
class HeldReply implements Reply, HoldHooks {
  readonly #response: ServerResponse
  #next: Next | undefined
  #entry: EntryHead | undefined
  #hold: Hold | undefined
  #exchange: Exchange | undefined

  constructor(response: ServerResponse, next: Next) {
    this.#response = response
    this.#next = next
    this.#entry = new EntryHead(response)
  }

  hold(exchange: Exchange): void {
    this.#exchange = exchange
    if (this.isEnded || this.#entry === undefined) exchange.cookieClosed = true
    else this.#hold = holdResponse(this.#response, this.#entry, this)
  }

  beforeFirstByte(): MaybePromise<void> {
    return commitResponse(this.#exchange as Exchange)
  }

  decorate(headers: HeldHeaders): void {
    decorate(this.#exchange as Exchange, headers)
  }

  onReleased(): void {
    const exchange = this.#exchange as Exchange
    exchange.cookieClosed = true
    // Nothing can be refused any more.
    this.#next = undefined
    this.#entry = undefined
  }

  beforeEnd(): MaybePromise<void> {
    return commitResponse(this.#exchange as Exchange)
  }

  onRefused(error: unknown): void {
    this.#next?.(error)
  }

  onCut(): void {}

  watchEnd(): void {
    this.#hold?.watchEnd()
  }

  get isError(): boolean {
    return this.#response.statusCode >= 400
  }

  get isEnded(): boolean {
    return this.#response.writableEnded
  }
}

function commitResponse(exchange: Exchange): MaybePromise<void> {
  return exchange.commitFinally(() =>
    exchange.enqueue(() => {
      exchange.throwUnseenFailure()
      return commit(exchange.state, { explicit: false })
    }),
  )
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
      const arrival = await loadSession(app, request, readSessionCookies(app, request))
      const meanwhile = exchangeOf(app, request)
      if (meanwhile !== undefined) return meanwhile.session
      const exchange = new Exchange(app, request, arrival, null)
      exchange.cookieClosed = true
      return exchange.session
    },
    on: (name, listener) => app.events.on(name, listener),
  }
}
