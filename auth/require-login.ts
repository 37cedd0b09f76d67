// Middlewares that let through who is signed in, or has signed in lately.
import { type Duration, durationMs, SECOND } from '../lib/durations.js'
import type { Exchange } from '../lib/exchange.js'
import type { Middleware } from '../lib/middleware.js'
import { exchangeOf } from './exchange.js'
import { type Refusal, type RefusalReason, refuse } from './refusal.js'
import { addressOf, assertOwnPath } from './return-to.js'
import { pendingUserOf } from './second-factor.js'

export interface RequireLoginOptions {
  /**
   * The page to sign in at, a path on the own site. Browsers that navigate are sent there, with `returnTo` (see there) in the query; scripts get the 401
   * all the same. The page itself is let through. Default: everybody gets the 401.
   */
  readonly redirectTo?: string
  /** The page that asks for the second factor, for those who have given the first (`beginSignIn`). Default: `redirectTo`. */
  readonly secondFactorTo?: string
}

export interface RequireFreshOptions extends RequireLoginOptions {
  /** The page that asks those who are signed in for their password again (`reauthenticated`). Default: `redirectTo`. */
  readonly confirmTo?: string
}

type Pages = Readonly<Record<RefusalReason, string | undefined>>

/** Why the request may not pass; `null`: it may. */
type Judge = (exchange: Exchange) => Refusal | null

/**
 * Lets a request pass if somebody is signed in, by the option `user` of the session. Others get a 401 with a `Refusal` in JSON, or a redirect. Whoever has given
 * the first of two factors is not signed in (OWASP ASVS 4.0.3, 3.7.1). A session that could not be loaded (`info.degraded`) is a 503: a store that fails makes no
 * stranger of a user.
 *
 *     app.use('/account', requireLogin({ redirectTo: '/login' }))
 *
 * Throws a `TypeError` that begins with the option's name if an option is wrong.
 */
export function requireLogin(options: RequireLoginOptions = {}): Middleware {
  return guard('requireLogin', pagesOf('requireLogin', options, ['redirectTo', 'secondFactorTo']), judgeLogin)
}

/**
 * As `requireLogin`, for what needs a recent sign-in: changing a password, an address, a factor (OWASP ASVS 5.0, 7.5.1 and 7.5.3; NIST SP 800-63B-4, 5.2). Recent
 * by the store's clock; `signIn` and `reauthenticated` start it again, activity does not.
 *
 *     app.post('/account/delete', requireFresh('10m', { redirectTo: '/login' }), deleteAccount)
 */
export function requireFresh(maxAge: Duration, options: RequireFreshOptions = {}): Middleware {
  const maxAgeMs = durationMs('requireFresh', maxAge)
  const stale: Refusal = {
    error: 'fresh_login_required',
    message: 'This needs a recent sign-in. Confirm that it is you.',
    maxAge: maxAgeMs / SECOND,
  }
  const pages = pagesOf('requireFresh', options, ['redirectTo', 'secondFactorTo', 'confirmTo'])
  return guard('requireFresh', pages, (exchange) => judgeLogin(exchange) ?? (isFresh(exchange, maxAgeMs) ? null : stale))
}

function guard(name: string, pages: Pages, judge: Judge): Middleware {
  return (request, response, next) => {
    let refusal: Refusal | null
    try {
      const exchange = exchangeOf(name, request)
      exchange.assertNotDegraded()
      refusal = judge(exchange)
    } catch (error) {
      return next(error)
    }
    if (refusal === null) return next()
    const page = pages[refusal.error]
    // Mounted above all routes, it must not send the login page to itself.
    if (page !== undefined && isAskedFor(page, addressOf(request))) return next()
    refuse(request, response, refusal, page)
  }
}

function judgeLogin(exchange: Exchange): Refusal | null {
  const { userId, lost } = exchange.session.info
  if (userId !== null) return null
  if (pendingUserOf(exchange) !== null) {
    return { error: 'second_factor_required', message: 'The sign-in is not complete. Give the second factor.' }
  }
  return { error: 'login_required', message: lost ? 'Your session has ended. Sign in again.' : 'Sign in first.' }
}

function isFresh(exchange: Exchange, maxAgeMs: number): boolean {
  const { authenticatedAt, now } = exchange.session.info
  return authenticatedAt !== null && now.getTime() - authenticatedAt.getTime() < maxAgeMs
}

/** Exactly the page, as it was sent: a router may read `/login/../account` otherwise than we do. */
function isAskedFor(page: string, address: string): boolean {
  const [path] = page.split(/[?#]/, 1)
  const [asked] = address.split(/[?#]/, 1)
  return path === asked
}

function pagesOf(caller: string, options: RequireFreshOptions, known: readonly string[]): Pages {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new TypeError(`${unknown}: unknown option; ${caller} knows ${known.join(', ')}`)
  const page = (name: keyof RequireFreshOptions): string | undefined =>
    options[name] === undefined ? undefined : assertOwnPath(name, options[name])
  const login = page('redirectTo')
  return {
    login_required: login,
    second_factor_required: page('secondFactorTo') ?? login,
    fresh_login_required: page('confirmTo') ?? login,
  }
}
