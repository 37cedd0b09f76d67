// The way of a request, top to bottom. What is done once, or outside of requests, is in sessions.ts.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { performance } from 'node:perf_hooks'
import { cookieLines, decorate as decorateHead, hasNews } from './answer.js'
import type { SessionApp } from './app.js'
import { commit } from './commit.js'
import { hasCode } from './errors.js'
import { type Arrival, Exchange, exchangeOf, type Reply } from './exchange.js'
import { EntryHead, type HeldHeaders } from './held-headers.js'
import { isEnded } from './held-output.js'
import type { Hold, HoldHooks } from './hold-hooks.js'
import { loadSession } from './load.js'
import { isPending } from './maybe.js'
import { attachFailure } from './request-session.js'
import { holdResponse } from './response-hold.js'
import { readSessionCookies } from './session-cookie.js'
import type { MaybePromise } from './store.js'

export type Next = (error?: unknown) => void

/** For Express, Connect, `node:http` and the compatibility API of `node:http2`. On upgrades `sessions.of(request)` gives a session that is saved by hand. */
export type Middleware = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse, next: Next) => void

export function sessionMiddleware(app: SessionApp): Middleware {
  function middleware(request: IncomingMessage, response: ServerResponse, next: Next): void {
    const reply = new HeldReply(response, next)
    if (adoptIfUnderWay(app, request, reply)) return next()

    // Cookie header → the tokens, at most four, under our name whose signature holds; a stranger has none, and costs the store nothing.
    const cookies = readSessionCookies(app, request)

    // Tokens → the live session: one round trip, which slides the expiry; then lifetime and binding keep it or leave it alone. Of several tokens the live
    // one is used. Several live sessions: none is, an event says so, and the response removes the cookie's name at each path and domain.
    let arrival: MaybePromise<Arrival>
    try {
      arrival = loadSession(app, request, cookies)
    } catch (error) {
      return loadFailed(app, request, error, reply, next)
    }

    // The session → `req.session`, made when somebody looks at it, which remembers what changes; then the handler. The rest is in `HeldReply`.
    if (!isPending(arrival)) return proceed(app, request, arrival, reply, next)
    // `sessions.of` may have loaded meanwhile: then that session counts, and not what came of ours.
    arrival.then(
      (found) => (adoptIfUnderWay(app, request, reply) ? next() : proceed(app, request, found, reply, next)),
      (error) => (adoptIfUnderWay(app, request, reply) ? next() : loadFailed(app, request, error, reply, next)),
    )
  }
  return middleware as Middleware
}

function proceed(app: SessionApp, request: IncomingMessage, arrival: Arrival, reply: Reply, next: Next): void {
  const exchange = new Exchange(app, request, arrival, reply)
  // The browser must learn something even if nobody looks: several sessions, or a signature by an old secret.
  if (hasNews(arrival)) exchange.start()
  next()
}

/**
 * A store that fails never makes a stranger of a user, unless the application says that this request may go on with a session that is never stored. Else
 * `next` gets the error, a 503, and the methods of `req.session` throw.
 */
function loadFailed(app: SessionApp, request: IncomingMessage, error: unknown, reply: Reply, next: Next): void {
  let [failure, isAnonymous] = [error, false]
  try {
    isAnonymous = hasCode(error, 'ERR_SESSION_STORE') && app.config.onStoreError(request) === 'anonymous'
  } catch (thrown) {
    failure = thrown
  }
  if (isAnonymous) return proceed(app, request, { found: null, lost: false, several: false, degraded: { error } }, reply, next)
  attachFailure(request)
  next(failure)
}

/** Mounted twice, or `sessions.of` came first: then this is still the request's one session, and the first response that it got is the one that waits. */
function adoptIfUnderWay(app: SessionApp, request: IncomingMessage, reply: Reply): boolean {
  const exchange = exchangeOf(app, request)
  exchange?.adopt(reply)
  return exchange !== undefined
}

/**
 * The response. Once somebody has looked at the session its output waits in `response-hold`, and to the handler it looks sent meanwhile: `headersSent`
 * and `writableEnded` are true, `setHeader` throws. These are the steps. If the commit fails, this session commits nothing more, and what follows depends on
 * what the handler has done by then:
 * - it has called `end`, and nothing was sent: `onRefused`;
 * - it is still writing, and nothing was sent: `onPlain`, then `onCut`;
 * - it is streaming, and the first byte has left: `onCut`.
 */
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

  /** Somebody looks at the session for the first time: from now on output waits. Too late for a cookie if the head has left. */
  hold(exchange: Exchange): void {
    this.#exchange = exchange
    if (this.isEnded || this.#entry === undefined) exchange.cookieClosed = true
    else this.#hold = holdResponse(this.#response, this.#entry, this)
  }

  /**
   * The first of `writeHead`, `flushHeaders`, `write` and `end`: commit. Clean, or dropped by `discardOnError` → nothing, at once · new → create · changed →
   * update · signed in → rotate. Ended sessions were destroyed when the handler said so.
   */
  beforeFirstByte(): MaybePromise<void> {
    return this.#commit()
  }

  /**
   * Committed: `Set-Cookie` for a new token or a signature by an old secret, and to remove what an end or several sessions left; never to slide, never for a
   * session that was not found, or was gone when this writer came (a newer cookie may be on its way). `Vary: Cookie` if data was used, and `private` unless the
   * application said how to cache; with a cookie never `public`. Then output goes.
   */
  decorate(headers: HeldHeaders): void {
    decorateHead(this.#exchange as Exchange, headers)
  }

  /** The first byte has left: data may still change, but what needs a new cookie (a new session, a sign-in, any change to a sealed one) throws `SessionClosedError` from now on. */
  onReleased(): void {
    ;(this.#exchange as Exchange).cookieClosed = true
    this.#next = undefined
    this.#entry = undefined
  }

  /** `end` of a stream: commits what changed since the first byte. */
  beforeEnd(): MaybePromise<void> {
    return this.#commit()
  }

  /** After what the handler has under way. A call that failed and was not awaited fails the response. */
  #commit(): MaybePromise<void> {
    const exchange = this.#exchange as Exchange
    const committed = exchange.isClean ? undefined : this.#commitChanges(exchange)
    exchange.committing = true
    return committed
  }

  #commitChanges(exchange: Exchange): MaybePromise<void> {
    exchange.discarded ||= exchange.app.config.discards?.(this.#response) === true
    const began = exchange.app.events.hears('committed') ? performance.now() : null
    const committed = exchange.commitFinally(commitUnlessDiscarded)
    if (began !== null && isPending(committed)) tellWait(exchange, committed, began)
    return committed
  }

  /** Nothing was sent. The hold has put back the head of the entry and Node's own methods, and set `no-store`; `next(err)` answers with a 503. */
  onRefused(error: unknown): void {
    const exchange = this.#exchange as Exchange
    exchange.committing = false
    this.#addCookies()
    this.#next?.(error)
  }

  /** Nothing was sent. The hold ends a plain 503 and detaches a pipe; what the handler goes on writing is swallowed. */
  onPlain(): void {
    this.#addCookies()
  }

  /** The handler could not be told: it got that plain 503, or the hold has destroyed the connection, so that a truncated answer looks truncated. */
  onCut(error: unknown): void {
    const { app, request } = this.#exchange as Exchange
    app.events.emit('commitFailed', { request, error })
  }

  /** Data may change from now on. */
  watchEnd(): void {
    this.#hold?.watchEnd()
  }

  /** An answer with an error may be the handler's own to a failure that it was told of. */
  get isError(): boolean {
    return this.#response.statusCode >= 400
  }

  get isEnded(): boolean {
    return isEnded(this.#response)
  }

  /** What the store holds by now, the browser must learn, also beside an error. */
  #addCookies(): void {
    try {
      const lines = cookieLines(this.#exchange as Exchange)
      if (lines.length > 0) this.#response.setHeader('Set-Cookie', [...listOf(this.#response.getHeader('Set-Cookie')), ...lines])
    } catch {
      // The error that is being told may be this very one, from the application's function `cookie`.
    }
  }
}

function commitUnlessDiscarded(exchange: Exchange): MaybePromise<void> {
  if (exchange.discarded) return
  exchange.throwUnseenFailure()
  return commit(exchange.state, { explicit: false })
}

/** Of commits that made the response wait, and no others. */
function tellWait({ app, request }: Exchange, committed: Promise<void>, began: number): void {
  const tell = (failed: boolean): void => app.events.emit('committed', { request, seconds: (performance.now() - began) / 1000, failed })
  committed.then(
    () => tell(false),
    () => tell(true),
  )
}

function listOf(value: number | string | string[] | undefined): string[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [String(value)]
}
