// The way of a request, top to bottom. What is done once, or outside of requests, is in sessions.ts.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { cookieLines, decorate, hasNews } from './answer.js'
import type { SessionApp } from './app.js'
import { commit } from './commit.js'
import { type Arrival, Exchange, exchangeOf, type Reply } from './exchange.js'
import { EntryHead } from './held-headers.js'
import { loadSession } from './load.js'
import { isPromise } from './maybe.js'
import { attachFailure } from './request-session.js'
import { type HeldHeaders, type Hold, type HoldHooks, holdResponse } from './response-hold.js'
import { readSessionCookies } from './session-cookie.js'
import type { MaybePromise } from './store.js'

export type Next = (error?: unknown) => void

/** For Express, Connect, `node:http` and the compatibility API of `node:http2`. */
export type Middleware = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse, next: Next) => void

export function sessionMiddleware(app: SessionApp): Middleware {
  function middleware(request: IncomingMessage, response: ServerResponse, next: Next): void {
    const reply = new HeldReply(response, next)
    if (isUnderWay(app, request, reply)) return next()

    // Cookie header → the tokens whose signature holds; a stranger has none, and costs the store nothing.
    const cookies = readSessionCookies(app, request)

    // Tokens → the live session, checked against its lifetime: one round trip, which slides the expiry.
    let arrival: MaybePromise<Arrival>
    try {
      arrival = loadSession(app, request, cookies)
    } catch (error) {
      return refuse(app, request, error, reply, next)
    }

    // The session → `req.session`, made when somebody looks at it; then the handler. The rest is in `HeldReply`.
    if (!isPromise(arrival)) return proceed(app, request, arrival, reply, next)
    arrival.then(
      (found) => (isUnderWay(app, request, reply) ? next() : proceed(app, request, found, reply, next)),
      (error) => refuse(app, request, error, reply, next),
    )
  }
  return middleware as Middleware
}

function proceed(app: SessionApp, request: IncomingMessage, arrival: Arrival, reply: Reply, next: Next): void {
  const exchange = new Exchange(app, request, arrival, reply)
  if (hasNews(arrival)) exchange.start()
  next()
}

/** A store that fails never makes a stranger of a user, unless the application says that this request may go on without a session. */
function refuse(app: SessionApp, request: IncomingMessage, error: unknown, reply: Reply, next: Next): void {
  if (app.config.onStoreError(request) === 'anonymous') {
    return proceed(app, request, { found: null, lost: false, several: false, degraded: { error } }, reply, next)
  }
  attachFailure(request)
  next(error)
}

/** Mounted twice, or `sessions.of` came first: then this is still the request's one session. */
function isUnderWay(app: SessionApp, request: IncomingMessage, reply: Reply): boolean {
  const exchange = exchangeOf(app, request)
  exchange?.adopt(reply)
  return exchange !== undefined
}

/** The response of a request whose session somebody has looked at: its output waits in `response-hold`, and these are the steps. */
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

  /** Called when somebody first looks at the session: from now on output waits. */
  hold(exchange: Exchange): void {
    this.#exchange = exchange
    if (this.isEnded || this.#entry === undefined) exchange.cookieClosed = true
    else this.#hold = holdResponse(this.#response, this.#entry, this)
  }

  /** First byte: commit. Clean → nothing · new → create · changed → update · signed in → rotate (ended sessions are gone already). */
  beforeFirstByte(): MaybePromise<void> {
    return this.#commit()
  }

  /** Committed: `Set-Cookie` if the browser must learn something, and caches are told to keep the response apart. Then output goes. */
  decorate(headers: HeldHeaders): void {
    decorate(this.#exchange as Exchange, headers)
  }

  /** The first byte has left: no new cookie, and nothing to refuse any more. */
  onReleased(): void {
    ;(this.#exchange as Exchange).cookieClosed = true
    this.#next = undefined
    this.#entry = undefined
  }

  /** `end` of a stream: what changed since the first byte. */
  beforeEnd(): MaybePromise<void> {
    return this.#commit()
  }

  /** The commit failed and nothing was sent: `next(err)` answers. What the store does hold by now, the browser must still learn. */
  onRefused(error: unknown): void {
    const exchange = this.#exchange as Exchange
    exchange.committing = false
    this.onPlain()
    this.#next?.(error)
  }

  onPlain(): void {
    const lines = cookieLines(this.#exchange as Exchange)
    if (lines.length > 0) this.#response.setHeader('Set-Cookie', [...listOf(this.#response.getHeader('Set-Cookie')), ...lines])
  }

  /** The commit failed when the handler could no longer be told. */
  onCut(error: unknown): void {
    const { app, request } = this.#exchange as Exchange
    app.events.emit('commitFailed', { request, error })
  }

  watchEnd(): void {
    this.#hold?.watchEnd()
  }

  get isError(): boolean {
    return this.#response.statusCode >= 400
  }

  get isEnded(): boolean {
    return this.#response.writableEnded
  }

  /** After what the handler has under way; a failure that it did not await is the response's. */
  #commit(): MaybePromise<void> {
    const exchange = this.#exchange as Exchange
    const committed = exchange.commitFinally(() =>
      exchange.enqueue(() => {
        exchange.throwUnseenFailure()
        return commit(exchange.state, { explicit: false })
      }),
    )
    exchange.committing = true
    return committed
  }
}

function listOf(value: number | string | string[] | undefined): string[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [String(value)]
}
