// One request and its response: the session it holds, what is still under way, and what the response may still carry.
import type { IncomingMessage } from 'node:http'
import type { SessionApp } from './app.js'
import { Intent } from './intent.js'
import { isPromise } from './maybe.js'
import { attach, currentExchange } from './request-session.js'
import { proxied } from './session-proxy.js'
import type { Session } from './session.js'
import type { SessionProperties } from './session-data.js'
import { SessionState } from './session-state.js'
import type { LoadedSession, MaybePromise } from './store.js'
import type { OpenedToken } from './token-signer.js'

/** A live session and the cookie that led to it. */
export interface FoundSession {
  readonly loaded: LoadedSession
  readonly cookie: OpenedToken
}

/** How the request's cookies turned out. */
export interface Arrival {
  readonly found: FoundSession | null
  /** A rightly signed cookie whose session is gone. */
  readonly lost: boolean
  /** Several live sessions were presented, so none is used. */
  readonly several: boolean
}

/** The response, which waits for the session from the moment that anybody looks at it. */
export interface Reply {
  hold(exchange: Exchange): void
}

export class Exchange {
  readonly app: SessionApp
  readonly request: IncomingMessage
  readonly arrival: Arrival
  /** Of a session middleware that ran before on the same request. */
  readonly before: Exchange | undefined
  /** The handler looked at session data, so the response depends on the cookie. */
  used = false
  /** No new cookie can be sent any more: the first byte left, or this is an upgrade. */
  cookieClosed = false
  /** The response has ended. */
  finished = false
  /** A commit failed; this exchange commits nothing more. */
  failed = false
  /** The session that the browser's cookie names was ended here. */
  clearsCookie = false
  #state: SessionState | undefined
  #session: (Session & SessionProperties) | undefined
  readonly #reply: Reply | null
  /** A `save()` failed. */
  #told = false
  #tail: Promise<unknown> | null = null
  #failures: { readonly intent: Intent<unknown>; readonly error: unknown }[] | null = null

  constructor(app: SessionApp, request: IncomingMessage, arrival: Arrival, reply: Reply | null) {
    this.app = app
    this.request = request
    this.arrival = arrival
    this.#reply = reply
    this.before = currentExchange(request)
    attach(request, this)
  }

  get state(): SessionState {
    return this.#state ?? this.start()
  }

  /** What `req.session` holds. */
  get session(): Session & SessionProperties {
    this.#session ??= proxied(this.state)
    return this.#session
  }

  /** Makes the session, and has the response wait for it. Called when somebody looks at it, or when the browser must learn something anyhow. */
  start(): SessionState {
    this.#state = new SessionState(this, this.arrival.found?.loaded ?? null)
    this.#reply?.hold(this)
    return this.#state
  }

  /** The first byte left, or all of them. */
  released(part: 'head' | 'end'): void {
    if (part === 'head') this.cookieClosed = true
    else this.finished = true
  }

  /** Puts a fresh, unsaved session into `req.session`; the old object stays a readable snapshot. */
  replaceSession(): SessionState {
    this.state.replaced = true
    this.#state = new SessionState(this, null)
    this.#session = undefined
    return this.#state
  }

  /** Runs after what is under way; at once if nothing is. */
  enqueue<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    const result = this.#tail === null ? operation() : this.#tail.then(operation)
    if (isPromise(result)) {
      const tail: Promise<unknown> = result.then(noop, noop).then(() => {
        if (this.#tail === tail) this.#tail = null
      })
      this.#tail = tail
    }
    return result
  }

  /** Records what the handler wants, at once, so that a forgotten `await` is harmless. */
  intend<T>(operation: () => MaybePromise<T>): Promise<T> {
    return Intent.of(
      () => this.enqueue(operation),
      (intent, error) => {
        this.#failures ??= []
        this.#failures.push({ intent, error })
      },
    )
  }

  /** Runs the commit of a `save()`, whose failure the handler is told. */
  commitExplicitly(commit: () => MaybePromise<void>): MaybePromise<void> {
    return caught(commit, (error) => {
      this.#told = true
      throw error
    })
  }

  /**
   * Runs the commit of the response. One that fails is the last: the error page must not wait for the same store again. A failure that the
   * handler was told of before is not told twice, since what is about to leave may be the page that says so.
   */
  commitFinally(commit: () => MaybePromise<void>): MaybePromise<void> {
    if (this.failed) return
    return caught(commit, (error) => {
      this.failed = true
      if (!this.#told) throw error
    })
  }

  /** Throws the first failure of a call that the handler did not await. */
  throwUnseenFailure(): void {
    const unseen = this.#failures?.find(({ intent }) => !intent.observed)
    if (unseen !== undefined) throw unseen.error
  }
}

/** The exchange of a request that the middleware of this app has seen. */
export function exchangeOf(app: SessionApp, request: IncomingMessage): Exchange | undefined {
  let exchange = currentExchange(request)
  while (exchange !== undefined && exchange.app !== app) exchange = exchange.before
  return exchange
}

function caught(work: () => MaybePromise<void>, fail: (error: unknown) => void): MaybePromise<void> {
  try {
    const done = work()
    return isPromise(done) ? done.catch(fail) : done
  } catch (error) {
    fail(error)
  }
}

function noop(): void {}
