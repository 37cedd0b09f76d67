// One request and its response: the session it holds, what is still under way, and what the response may still carry.
import type { IncomingMessage } from 'node:http'
import type { SessionApp } from './app.js'
import { hasCode, isTimeout } from './errors.js'
import { Intent } from './intent.js'
import { isPending } from './maybe.js'
import { attach, currentExchange } from './request-session.js'
import type { Session } from './session.js'
import type { SessionProperties } from './session-data.js'
import { proxied } from './session-proxy.js'
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
  /** The store could not be asked, and the request goes on without a session. */
  readonly degraded: { readonly error: unknown } | null
}

/** The response, which waits for the session from the moment that anybody looks at it. */
export interface Reply {
  /** Whether its status says that something went wrong. */
  readonly isError: boolean
  /** Whether the handler has ended it. */
  readonly isEnded: boolean
  hold(exchange: Exchange): void
  /** Something may have to be saved when it ends. */
  watchEnd(): void
}

interface Failure {
  readonly intent: Intent<unknown>
  readonly error: unknown
}

export class Exchange {
  readonly app: SessionApp
  readonly request: IncomingMessage
  readonly arrival: Arrival
  /** Of a session middleware that ran before on the same request. */
  readonly before: Exchange | undefined
  /** The handler looked at session data, so the response depends on the cookie. */
  used = false
  /** The commit of the response has begun: what needs a new cookie comes too late for it. */
  committing = false
  /** No new cookie can be sent any more: the first byte left, or this is an upgrade. */
  cookieClosed = false
  /** Why the commit of the response failed; then this exchange commits nothing more. */
  failure: { readonly error: unknown } | null = null
  /** The handler failed, and with `discardOnError` nothing of it may be saved. */
  discarded = false
  /** The session that the browser's cookie names was ended here. */
  clearsCookie = false
  #state: SessionState | undefined
  #session: (Session & SessionProperties) | undefined
  #reply: Reply | null
  #stopped: { readonly error: unknown } | null = null
  #tail: Promise<unknown> | null = null
  #failures: Failure[] | null = null

  constructor(app: SessionApp, request: IncomingMessage, arrival: Arrival, reply: Reply | null) {
    this.app = app
    this.request = request
    this.arrival = arrival
    this.#reply = reply
    this.before = attach(request, this)
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

  /** The handler has ended the response. */
  get finished(): boolean {
    return this.#reply?.isEnded ?? false
  }

  /** Data may change from now on. */
  watchEnd(): void {
    this.#reply?.watchEnd()
  }

  /** Puts a fresh, unsaved session into `req.session`; the old object stays a readable snapshot. */
  replaceSession(): SessionState {
    this.state.replaced = true
    this.#state = new SessionState(this, null)
    this.#session = undefined
    return this.#state
  }

  /** Runs after what is under way; at once if nothing is. */
  enqueue<T>(operation: (exchange: Exchange) => MaybePromise<T>): MaybePromise<T> {
    const result = this.#tail === null ? this.#run(operation) : this.#tail.then(() => this.#run(operation))
    if (isPending(result)) this.#follow(result)
    return result
  }

  #run<T>(operation: (exchange: Exchange) => MaybePromise<T>): MaybePromise<T> {
    if (this.#stopped !== null) throw this.#stopped.error
    return operation(this)
  }

  #follow(result: Promise<unknown>): void {
    const tail: Promise<unknown> = result.then(noop, noop).then(() => {
      if (this.#tail === tail) this.#tail = null
    })
    this.#tail = tail
  }

  /** The store did not answer, or nobody knows what it did: nothing more is asked of it for this request, so that waits do not add up. */
  stop(error: unknown): void {
    this.#stopped ??= { error }
  }

  /** The middleware has come to a request whose session was asked for before. */
  adopt(reply: Reply): void {
    if (this.#reply !== null) return
    this.#reply = reply
    this.cookieClosed = false
    if (this.#state !== undefined) reply.hold(this)
  }

  /** Records what the handler wants, at once, so that a forgotten `await` is harmless. `check` judges whether it comes in time. */
  intend<T>(operation: () => MaybePromise<T>, check?: () => void): Promise<T> {
    return Intent.of(
      () => {
        check?.()
        this.watchEnd()
        return this.enqueue(operation)
      },
      (intent, error) => {
        if (isTimeout(error)) this.stop(error)
        this.#failures ??= []
        this.#failures.push({ intent, error })
      },
    )
  }

  /**
   * Runs the commit of the response, after what is under way. One that fails is the last: the error page must not wait for the same store again. If the handler
   * was told before that the store fails and answers with an error, it is not told twice: this is the page that says so.
   */
  commitFinally(commit: (exchange: Exchange) => MaybePromise<void>): MaybePromise<void> {
    if (this.failure !== null) return
    try {
      const committed = this.enqueue(commit)
      return isPending(committed) ? committed.catch((error) => this.#commitFailed(error)) : committed
    } catch (error) {
      this.#commitFailed(error)
    }
  }

  #commitFailed(error: unknown): void {
    this.failure = { error }
    if (this.#unseenFailure() !== undefined || !this.#answersFailure()) throw error
  }

  /** Nothing is to be saved, nothing under way, and nothing has failed. */
  get isClean(): boolean {
    return this.#tail === null && this.#failures === null && this.#stopped === null && this.failure === null && this.state.isClean
  }

  /** Throws why the store could not be asked for this request's session. */
  assertNotDegraded(): void {
    if (this.arrival.degraded !== null) throw this.arrival.degraded.error
  }

  /** Throws the failure of the response's commit. */
  assertNotFailed(): void {
    this.assertNotDegraded()
    if (this.failure !== null) throw this.failure.error
  }

  /** Throws the first failure of a call that the handler did not await. */
  throwUnseenFailure(): void {
    const unseen = this.#unseenFailure()
    if (unseen !== undefined) throw unseen.error
  }

  #unseenFailure(): Failure | undefined {
    // A writer that came too late is not harmed (promise 3).
    return this.#failures?.find(({ intent, error }) => !intent.observed && !hasCode(error, 'ERR_SESSION_GONE'))
  }

  #answersFailure(): boolean {
    if (this.#reply === null || !this.#reply.isError) return false
    return this.#failures?.some(({ intent, error }) => intent.observed && hasCode(error, 'ERR_SESSION_STORE')) ?? false
  }
}

/** The exchange of a request that the middleware of this app has seen. */
export function exchangeOf(app: SessionApp, request: IncomingMessage): Exchange | undefined {
  let exchange = currentExchange(request)
  while (exchange !== undefined && exchange.app !== app) exchange = exchange.before
  return exchange
}

function noop(): void {}
