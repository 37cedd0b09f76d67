// How long the session has left, for a page that warns before the end. Asking does not extend it.
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { cookieLines } from './answer.js'
import type { SessionApp } from './app.js'
import { clientScript } from './client-script.js'
import { type Duration, durationMs, SECOND } from './durations.js'
import { hasCode } from './errors.js'
import { Exchange, exchangeOf } from './exchange.js'
import { loadSession } from './load.js'
import type { Middleware, Next } from './middleware.js'
import { isFromThisSite } from './same-site.js'
import { readSessionCookies } from './session-cookie.js'
import type { SessionInfo } from './session-info.js'
import { APP, type Sessions } from './sessions.js'
import type { SessionStatus } from './status-report.js'

export interface SessionStatusOptions {
  /** How long before the session's end `warn` becomes true. Default `'2m'`; must be shorter than `expiry`. */
  readonly warnBefore?: Duration
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/**
 * Makes the handler of three paths, to be mounted before the session middleware, which would extend the session:
 * `app.use('/session', sessionStatus(sessions))`, then `app.use(sessions)`. `GET /session/status` answers with a `SessionStatus`,
 * `POST /session/stay` extends the session and answers the same, `GET /session/client.js` is the script of `steady-session/client`.
 * Throws a `TypeError` that begins with the option's name if an option is wrong.
 */
export function sessionStatus(sessions: Sessions, options: SessionStatusOptions = {}): Middleware {
  const app = appOf(sessions)
  const warnBeforeMs = resolveWarnBefore(options, app)
  const report = (exchange: Exchange): SessionStatus => statusOf(exchange.session.info, warnBeforeMs)
  const script = scriptAnswer()
  const routes: Readonly<Record<string, Answer>> = {
    'GET /status': async (request, response) => answerJson(response, 200, report(await lookedAt(app, request))),
    'POST /stay': async (request, response) => {
      if (!isFromThisSite(request)) return answerJson(response, 403, { error: 'another site must not extend the session' })
      answerJson(response, 200, report(await extended(app, request, response)))
    },
    'GET /client.js': script,
  }
  function status(request: IncomingMessage, response: ServerResponse, next: Next): void {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const answer = routes[`${method} ${request.url?.split('?', 1)[0]}`]
    if (answer === undefined) return next()
    // In a promise from the first step on, so that whatever is thrown arrives in one place.
    Promise.resolve()
      .then(() => answer(request, response))
      .catch((error) => failed(error, response, next))
  }
  return status as Middleware
}

function appOf(sessions: Sessions): SessionApp {
  const app = (sessions as unknown as Partial<Record<typeof APP, SessionApp>> | undefined)?.[APP]
  if (app === undefined) throw new TypeError('sessionStatus: expected what session(…) returned')
  return app
}

function resolveWarnBefore({ warnBefore = '2m', ...others }: SessionStatusOptions, app: SessionApp): number {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new TypeError(`${unknown}: unknown option; sessionStatus knows warnBefore`)
  const milliseconds = durationMs('warnBefore', warnBefore)
  if (milliseconds >= app.config.idleMs) {
    throw new TypeError(`warnBefore: ${warnBefore} is not shorter than expiry, so that every page would warn at once; write less`)
  }
  return milliseconds
}

/** The session as it is: one command, which moves nothing. */
async function lookedAt(app: SessionApp, request: IncomingMessage): Promise<Exchange> {
  const exchange = seenBefore(app, request)
  if (exchange !== undefined) return exchange
  return new Exchange(app, request, await loadSession(app, request, readSessionCookies(app, request), () => false), null)
}

/** The session, whose idle expiry starts again. A store that seals state into its token has a new one for the browser. */
async function extended(app: SessionApp, request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  seenBefore(app, request)
  const arrival = await loadSession(app, request, readSessionCookies(app, request), () => true)
  const exchange = new Exchange(app, request, arrival, null)
  for (const line of cookieLines(exchange)) response.appendHeader('Set-Cookie', line)
  return exchange
}

/** What the session middleware has made of this request, if it ran before and left the expiry alone. */
function seenBefore(app: SessionApp, request: IncomingMessage): Exchange | undefined {
  const exchange = exchangeOf(app, request)
  if (exchange === undefined) return undefined
  if (slid(app, request)) {
    throw new TypeError(
      'sessionStatus: the session middleware ran before it and extended the session; move it above app.use(sessions), or have the option slide say false for it',
    )
  }
  exchange.assertNotDegraded()
  return exchange
}

/** Asks as the session middleware did, which saw the whole path; also for strangers, so that the mistake shows at the first request. */
function slid(app: SessionApp, request: IncomingMessage & { readonly originalUrl?: string }): boolean {
  const { url } = request
  try {
    request.url = request.originalUrl ?? url
    return app.config.slide(request)
  } finally {
    request.url = url
  }
}

function statusOf(info: SessionInfo, warnBeforeMs: number): SessionStatus {
  const until = (end: Date | null): number => (end === null ? 0 : Math.max(0, end.getTime() - info.now.getTime()))
  const leftMs = until(info.expiresAt)
  const live = info.handle !== null && leftMs > 0
  const { notice } = info
  return {
    live,
    signedIn: live && info.userId !== null,
    holder: live ? digest(`${info.handle} ${info.userId ?? ''}`) : null,
    secondsLeft: seconds(leftMs),
    idleSecondsLeft: seconds(until(info.idleExpiresAt)),
    absoluteSecondsLeft: live && info.absoluteExpiresAt === null ? null : seconds(until(info.absoluteExpiresAt)),
    canStay: live && (info.absoluteExpiresAt === null || until(info.absoluteExpiresAt) > leftMs),
    warn: live && leftMs <= warnBeforeMs,
    warnBefore: seconds(warnBeforeMs),
    notice: live && notice !== null ? { message: notice.message, endsAt: notice.endsAt.toISOString() } : null,
  }
}

/** Rounded up: a page that counts down to 0 and asks again is told of the end, not of a last half second. */
function seconds(ms: number): number {
  return Math.ceil(ms / SECOND)
}

function scriptAnswer(): Answer {
  let made: { readonly text: string; readonly tag: string } | undefined
  return (request, response) => {
    if (made === undefined) {
      const text = clientScript()
      made = { text, tag: `"${digest(text)}"` }
    }
    response.setHeader('Content-Type', 'text/javascript; charset=utf-8')
    response.setHeader('X-Content-Type-Options', 'nosniff')
    // Asked for anew each time, so that a page and its server are of one version; mostly answered by 304.
    response.setHeader('Cache-Control', 'no-cache')
    response.setHeader('ETag', made.tag)
    response.statusCode = request.headers['if-none-match']?.includes(made.tag) ? 304 : 200
    response.end(response.statusCode === 304 ? undefined : made.text)
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}

function answerJson(response: ServerResponse, status: number, value: unknown): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.setHeader('Cache-Control', 'no-store')
  response.appendHeader('Vary', 'Cookie')
  response.end(JSON.stringify(value))
}

/** A store that failed says nothing about the session: neither that it lives nor that it has ended. */
function failed(error: unknown, response: ServerResponse, next: Next): void {
  if (!hasCode(error, 'ERR_SESSION_STORE') || response.headersSent) return next(error)
  response.setHeader('Retry-After', '1')
  answerJson(response, 503, { error: 'the session store cannot be asked at this moment' })
}
