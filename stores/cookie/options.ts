// Options of the cookie store, completed once.
import { DAY } from '../../lib/durations.js'
import type { SessionStore } from '../../lib/store.js'
import { isExpressStore } from '../express-store/calls.js'

export interface CookieStoreOptions {
  /** The cookie's name, which every token is bound to. */
  readonly key: string
  /** The first seals, all open; 32 bytes each at least. */
  readonly secrets: readonly string[]
  /** Milliseconds since the epoch; for tests. */
  readonly clock?: () => number
  /**
   * Another store, which keeps a small record of each live session: then a copied cookie dies with its session, and sessions can be listed
   * and ended. Costs one command per read. Switching it on or off ends all sessions.
   */
  readonly revocation?: SessionStore
  /** Most bytes of one cookie: its name, its value and `attributeBytes`. Default 4096, beyond which browsers drop it (RFC 6265bis 5.6). */
  readonly maxBytes?: number
  /** Kept free for `=` and the attributes, since some browsers count the whole line. Default 96: all of them but `Domain`. */
  readonly attributeBytes?: number
  /** How many cookies a session may be spread over. Default 1. */
  readonly chunks?: 1 | 2 | 3
  /** Name of the application; tokens of another one that has the same secret and cookie name are refused. */
  readonly audience?: string
  /** The longest idle span of any session: an older token is refused unopened. Default 400 days, the most that a cookie lasts. */
  readonly longestIdleMs?: number
}

export type CompleteOptions = Required<Omit<CookieStoreOptions, 'revocation'>> & Pick<CookieStoreOptions, 'revocation'>

/** RFC 6265bis 5.6: browsers drop a cookie whose name and value are longer. */
export const MAX_COOKIE_BYTES = 4096

const KNOWN: readonly string[] = 'key,secrets,clock,revocation,maxBytes,attributeBytes,chunks,audience,longestIdleMs'.split(',')
const LONGEST_COOKIE_MS: number = 400 * DAY
const MIN_SECRET_BYTES = 32
/** Its length is one byte of the associated data. */
const MAX_AUDIENCE_BYTES = 255

/** Throws a `TypeError` that begins with the name of the option that is wrong. */
export function completeOptions(options: CookieStoreOptions): CompleteOptions {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw new TypeError(`${unknown}: not an option of the cookie store, which knows ${KNOWN.join(', ')}`)
  const { key, secrets, clock = Date.now, revocation, maxBytes = MAX_COOKIE_BYTES, attributeBytes = 96, chunks = 1 } = options
  const { audience = '', longestIdleMs = LONGEST_COOKIE_MS } = options
  if (typeof key !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/.test(key)) {
    throw new TypeError("key: expected the cookie's name, made of letters, digits and -_. (RFC 6265 4.1.1)")
  }
  assertSecrets(secrets)
  if (typeof clock !== 'function') throw new TypeError('clock: a function that returns milliseconds since the epoch')
  if (revocation !== undefined) assertRecords(revocation)
  assertWhole('maxBytes', maxBytes, 512, MAX_COOKIE_BYTES)
  assertWhole('attributeBytes', attributeBytes, 0, maxBytes / 2)
  assertWhole('chunks', chunks, 1, 3)
  if (typeof audience !== 'string' || Buffer.byteLength(audience) > MAX_AUDIENCE_BYTES) {
    throw new TypeError(`audience: expected a text of at most ${MAX_AUDIENCE_BYTES} bytes`)
  }
  assertWhole('longestIdleMs', longestIdleMs, 1, Number.MAX_SAFE_INTEGER)
  const complete = { key, secrets, clock, maxBytes, attributeBytes, chunks, audience, longestIdleMs }
  return revocation === undefined ? complete : { ...complete, revocation }
}

function assertSecrets(secrets: unknown): void {
  if (!Array.isArray(secrets) || secrets.length === 0) throw new TypeError('secrets: expected an array of one secret at least')
  for (const secret of secrets) {
    if (typeof secret === 'string' && Buffer.byteLength(secret) >= MIN_SECRET_BYTES) continue
    throw new TypeError(
      `secrets: expected texts of ${MIN_SECRET_BYTES} bytes at least, since they encrypt; make one with: openssl rand -base64 32`,
    )
  }
}

function assertRecords(store: Partial<SessionStore>): void {
  if (isExpressStore(store)) throw cannotEnd('a store made for express-session')
  for (const method of ['create', 'load', 'update', 'rotate', 'destroy'] as const) {
    if (typeof store?.[method] !== 'function') throw new TypeError(`revocation: expected a store; ${method}() is missing`)
  }
  if (store.sealsToken === true || store.cannot?.includes('revoke') === true) throw cannotEnd(`the ${store.name} store`)
}

/** One that lets an ended session come back closes no gap. */
function cannotEnd(store: string): TypeError {
  const instead = "'redis', a URL such as redis://…, 'memory', or a store of this package such as redisStore({ client })"
  return new TypeError(`revocation: ${store} does not promise that what was ended stays ended; expected ${instead}`)
}

function assertWhole(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new TypeError(`${option}: expected a whole number from ${least} to ${most}`)
}
