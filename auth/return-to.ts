// Where somebody who was sent to the login page wanted to go. It travels in the address: a stranger has no session, and gets none for this.
import type { AuthRequest } from './exchange.js'
import { isSamePage, ownPath, withParameter } from './own-path.js'

const PARAMETER = 'returnTo'

interface ParsedRequest {
  /** As the client sent it; frameworks cut the mount point off `url`. */
  readonly originalUrl?: string
  readonly body?: unknown
}

/**
 * Where to go after the sign-in: the parameter `returnTo` of the query, else of the body, if it is a path on the own site and not this page itself; else the
 * `fallback`, which is taken as it is. Whatever may lead elsewhere is dropped: another scheme or host, `//`, backslashes, control characters, also
 * encoded, a repeated parameter, over 2048 characters (OWASP ASVS 5.0, 3.7.2).
 *
 * A form without `action` posts to its page's own address, so that the query comes along.
 */
export function returnTo(request: AuthRequest, fallback = '/'): string {
  return wantedBy(request) ?? fallback
}

/** The page's path, with the request's valid `returnTo`, if it has one: from the login page to the page of the second factor. */
export function withReturnTo(page: string, request: AuthRequest): string {
  return pageWithReturnTo(assertOwnPath('withReturnTo', page), wantedBy(request))
}

export function pageWithReturnTo(page: string, path: string | null): string {
  return path === null || isSamePage(path, page) ? page : withParameter(page, PARAMETER, path)
}

/** The path that the client asked for, as it came. */
export function addressOf(request: AuthRequest): string {
  return (request as ParsedRequest).originalUrl ?? request.url ?? '/'
}

/** For pages that the application names: throws a `TypeError` that begins with the option's name. */
export function assertOwnPath(name: string, page: unknown): string {
  const path = ownPath(page)
  if (path !== null) return path
  throw new TypeError(`${name}: expected a path on the own site, such as '/login'`)
}

function wantedBy(request: AuthRequest): string | null {
  const address = addressOf(request)
  const path = ownPath(fromQuery(address) ?? fromBody(request as ParsedRequest))
  return path === null || isSamePage(path, address) ? null : path
}

/** Read here, since what `req.query` holds depends on the framework and its settings. A repeated one is an array, and no path. */
function fromQuery(address: string): unknown {
  const [, query = ''] = /\?([^#]*)/.exec(address) ?? []
  const values = new URLSearchParams(query).getAll(PARAMETER)
  return values.length > 1 ? values : values[0]
}

function fromBody({ body }: ParsedRequest): unknown {
  return typeof body === 'object' && body !== null && PARAMETER in body ? body[PARAMETER] : undefined
}
