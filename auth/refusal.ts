// How a request is told that it must sign in first: a redirect for whoever navigates, JSON for whoever calls.
import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { AuthRequest } from './exchange.js'
import { ownPath } from './own-path.js'
import { addressOf, pageWithReturnTo } from './return-to.js'

export type RefusalReason = 'login_required' | 'second_factor_required' | 'fresh_login_required'

/** The body of a 401. */
export interface Refusal {
  readonly error: RefusalReason
  readonly message: string
  /** How old the sign-in may be, in seconds; of `fresh_login_required`. */
  readonly maxAge?: number
}

/**
 * With a page, a navigation is sent there by 303, which makes a GET of every method. Everything else gets a 401, without `WWW-Authenticate`, which would ask
 * browsers for a dialog of their own. Nothing is written to the session: a stranger stays one.
 */
export function refuse(
  request: AuthRequest,
  response: ServerResponse | Http2ServerResponse,
  refusal: Refusal,
  page: string | undefined,
): void {
  // What both frameworks' responses have in common.
  const reply = response as ServerResponse
  reply.setHeader('Cache-Control', 'no-store')
  if (page !== undefined && isNavigation(request)) {
    reply.statusCode = 303
    reply.setHeader('Location', pageWithReturnTo(page, placeToReturn(request)))
    reply.end()
    return
  }
  reply.statusCode = 401
  reply.setHeader('Content-Type', 'application/json')
  reply.end(JSON.stringify(refusal))
}

/** The browser goes to a page, as opposed to a script that fetches something. Browsers of before 2023 do not say so, but accept HTML in navigations alone. */
function isNavigation({ headers }: AuthRequest): boolean {
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined && mode !== 'navigate') return false
  if (headers['x-requested-with'] !== undefined) return false
  return (headers.accept ?? '').split(',').some((range) => /^\s*text\/html\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/i.test(range))
}

/**
 * What was asked for; of a form that was posted, the page that it stands on: what was typed is not kept for a stranger, and must not be sent again in the name
 * of whoever signs in next.
 */
function placeToReturn(request: AuthRequest): string | null {
  return ownPath(request.method === 'GET' || request.method === 'HEAD' ? addressOf(request) : referringPage(request))
}

/** Of the own site only. Browsers that say so are believed; else the names of the hosts must agree. */
function referringPage({ headers }: AuthRequest): string | null {
  const { referer = '', host = headers[':authority'] } = headers
  const site = headers['sec-fetch-site']
  if (!URL.canParse(referer)) return null
  const url = new URL(referer)
  if (site === undefined ? url.host !== host : site !== 'same-origin') return null
  return url.pathname + url.search
}
