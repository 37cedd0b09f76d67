// The cookie's attributes: defaults, and the combinations that browsers refuse (RFC 6265bis 4.1).
import type { IncomingMessage } from 'node:http'
import { stringifySetCookie } from 'cookie'

export interface CookieOptions {
  /** Default `'/'`. */
  readonly path?: string
  /** Default: none, so that the cookie goes to this host only. */
  readonly domain?: string
  /** Default `'lax'`, always written out (RFC 6265bis 5.6.7.1). */
  readonly sameSite?: 'lax' | 'strict' | 'none'
  /**
   * `'auto'` (default): follows the connection; in production a plain-HTTP connection gets no cookie and a warning.
   * `true`: only over HTTPS. `false`: also over plain HTTP.
   */
  readonly secure?: boolean | 'auto'
  /** Default `true`: scripts in the page cannot read the cookie. */
  readonly httpOnly?: boolean
  readonly partitioned?: boolean
  readonly priority?: 'low' | 'medium' | 'high'
}

export type CookieAttributes = Readonly<
  Required<Pick<CookieOptions, 'path' | 'sameSite' | 'secure' | 'httpOnly' | 'partitioned'>> & Pick<CookieOptions, 'domain' | 'priority'>
>

/** The attributes as they stand in a line, around `Secure`, which is decided per request. */
export interface AttributesText {
  readonly beforeSecure: string
  readonly afterSecure: string
}

/** One set of attributes for all requests, or one per request. */
export type CookiePolicy = (request: IncomingMessage) => CookieAttributes

const KNOWN = ['path', 'domain', 'sameSite', 'secure', 'httpOnly', 'partitioned', 'priority']

const FOREIGN: Readonly<Record<string, string>> = {
  maxAge: 'use expiry, in seconds',
  expires: 'use expiry, in seconds',
  originalMaxAge: 'use expiry, in seconds',
  signed: 'the cookie is always signed; remove this option',
  encode: 'the value needs no encoding; remove this option',
  name: 'use key',
  key: 'use key, beside cookie',
}

/** Not enumerable, so that it is no attribute. */
const TEXT: unique symbol = Symbol('text')

/** Completes the `cookie` option. Throws a `TypeError` that begins with the option's name. */
export function cookiePolicy(key: string, option: unknown): CookiePolicy {
  if (typeof option === 'function') return (request) => cookieAttributes(key, option(request))
  const attributes = cookieAttributes(key, option)
  return () => attributes
}

function cookieAttributes(key: string, option: unknown): CookieAttributes {
  const given = assertKnown(option)
  const attributes: CookieAttributes = {
    path: '/',
    sameSite: 'lax',
    secure: isPrefixed(key) ? true : 'auto',
    httpOnly: true,
    partitioned: false,
    ...given,
  }
  assertTypes(attributes)
  assertPrefix(key, attributes)
  if (attributes.sameSite === 'none' && attributes.secure === false) throw new TypeError("cookie.sameSite: 'none' needs cookie.secure")
  if (attributes.partitioned && attributes.secure === false) throw new TypeError('cookie.partitioned: needs cookie.secure')
  try {
    Object.defineProperty(attributes, TEXT, { value: textOf(key, attributes) })
  } catch (cause) {
    throw new TypeError(`cookie: ${cause instanceof Error ? cause.message : 'invalid'}`, { cause })
  }
  return Object.freeze(attributes)
}

/** Made once per set of attributes: the library needs longer for it than for all the rest of a line. */
export function attributesText(attributes: CookieAttributes): AttributesText {
  return (attributes as CookieAttributes & { readonly [TEXT]: AttributesText })[TEXT]
}

/** Cut out of a whole line, so that the order is the library's. */
function textOf(key: string, attributes: CookieAttributes): AttributesText {
  const [beforeSecure = '', afterSecure = ''] = stringifySetCookie(key, '', { ...serializable(attributes), secure: true })
    .slice(`${key}=`.length)
    .split('; Secure')
  return { beforeSecure, afterSecure }
}

/** The attributes as the cookie library takes them. `secure` is decided per request. */
export function serializable(attributes: CookieAttributes): Record<string, unknown> {
  const { secure: _secure, ...rest } = attributes
  return { ...rest, encode: String }
}

function assertKnown(option: unknown): CookieOptions {
  if (option === undefined) return {}
  if (typeof option !== 'object' || option === null || Array.isArray(option)) {
    throw new TypeError('cookie: expected an object of attributes or a function of the request')
  }
  for (const name of Object.keys(option)) {
    if (!KNOWN.includes(name))
      throw new TypeError(
        `cookie.${name}: ${(Object.hasOwn(FOREIGN, name) ? FOREIGN[name] : undefined) ?? `unknown; known are ${KNOWN.join(', ')}`}`,
      )
  }
  return Object.fromEntries(Object.entries(option).filter(([, value]) => value !== undefined))
}

function assertTypes(attributes: CookieAttributes): void {
  const { path, domain, sameSite, secure, httpOnly, partitioned } = attributes
  if (typeof path !== 'string' || !path.startsWith('/')) throw new TypeError("cookie.path: expected a string that begins with '/'")
  if (domain !== undefined && (typeof domain !== 'string' || domain === '')) throw new TypeError('cookie.domain: expected a host name')
  if (!['lax', 'strict', 'none'].includes(sameSite)) throw new TypeError("cookie.sameSite: expected 'lax', 'strict' or 'none'")
  if (secure !== 'auto' && typeof secure !== 'boolean') throw new TypeError("cookie.secure: expected true, false or 'auto'")
  if (typeof httpOnly !== 'boolean') throw new TypeError('cookie.httpOnly: expected true or false')
  if (typeof partitioned !== 'boolean') throw new TypeError('cookie.partitioned: expected true or false')
}

/** Browsers match the prefixes without regard to case (RFC 6265bis 5.7). */
function assertPrefix(key: string, attributes: CookieAttributes): void {
  if (!isPrefixed(key)) return
  if (attributes.secure !== true) throw new TypeError(`key: '${key}' needs cookie.secure: true`)
  if (/^__(host-)?http-/i.test(key) && !attributes.httpOnly) throw new TypeError(`key: '${key}' needs cookie.httpOnly: true`)
  if (!/^__host-/i.test(key)) return
  if (attributes.path !== '/') throw new TypeError(`key: '${key}' needs cookie.path: '/'`)
  if (attributes.domain !== undefined) throw new TypeError(`key: '${key}' allows no cookie.domain`)
}

function isPrefixed(key: string): boolean {
  return /^__(host|secure|http)-/i.test(key)
}
