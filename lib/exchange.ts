// One request and its response: the session it holds, what is still under way, and what the response may still carry.
import type { IncomingMessage } from 'node:http'
import type { SessionApp } from './app.js'
import { Intent } from './intent.js'
import { isPromise } from './maybe.js'
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

export class Exchange {
  readonly app: SessionApp
  readonly request: IncomingMessage
  readonly arrival: Arrival
  /** The session in `req.session` now. */
  state: SessionState
  /** The same, as the handler sees it. */
  session: Session & SessionProperties
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
  #tail: Promise<unknown> | null = null
  readonly #failures: { readonly intent: Intent<unknown>; readonly error: unknown }[] = []

  constructor(app: SessionApp, request: IncomingMessage, arrival: Arrival) {
    this.app = app
    this.request = request
    this.arrival = arrival
    this.state = new SessionState(this, arrival.found?.loaded ?? null)
    this.session = proxied(this.state)
    const property = { value: this.session, writable: true, enumerable: true, configurable: true }
    Object.defineProperty(request, 'session', property)
    Object.defineProperty(request, app.mark, { value: this })
  }

  /** Puts a fresh, unsaved session into `req.session`; the old object stays a readable snapshot. */
  replaceSession(): SessionState {
    this.state.replaced = true
    this.state = new SessionState(this, null)
    this.session = proxied(this.state)
    this.request.session = this.session
    return this.state
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
      (intent, error) => this.#failures.push({ intent, error }),
    )
  }

  /** Throws the first failure of a call that the handler did not await. */
  throwUnseenFailure(): void {
    const unseen = this.#failures.find(({ intent }) => !intent.observed)
    if (unseen !== undefined) throw unseen.error
  }
}

/** The exchange of a request that the middleware of this app has seen. */
export function exchangeOf(app: SessionApp, request: IncomingMessage): Exchange | undefined {
  return (request as unknown as Record<symbol, Exchange | undefined>)[app.mark]
}

function noop(): void {}
