// Between the factors: whoever has given the first one has a session of their own that nobody is signed in to.
import { type Duration, durationMs, SECOND } from '../lib/durations.js'
import type { Exchange } from '../lib/exchange.js'
import type { SignInOptions } from '../lib/session.js'
import { NotSignedInError } from './errors.js'
import { type AuthRequest, assertNewTokenPossible, exchangeOf, sessionOf } from './exchange.js'

export interface BeginSignInOptions extends SignInOptions {
  /** How long the second factor may take. Default `'10m'`. */
  readonly within?: Duration
}

/** Under a key that no resolver of the user reads by default: who stands here is not signed in. */
const PENDING = 'auth:pending'

interface Pending {
  readonly userId: string | number
  readonly options: SignInOptions
  readonly attempts: number
  /** Counted from the session's creation, which is the first factor. */
  readonly withinMs: number
}

/**
 * The first factor is right, the second is to come: a new session, in which nobody is signed in but this user is pending (OWASP ASVS 4.0.3, 3.7.1). The session
 * before is ended, so that a planted token is worth nothing (OWASP ASVS 5.0, 7.2.4); of its data goes along what `signIn` would keep: `keepOnSignIn`, `keep`,
 * and what this request set. The options of `signIn` hold for `completeSignIn`, too.
 *
 * Somebody who is signed in is so no longer; to ask them for a second factor again, verify it and call `reauthenticated`.
 */
export function beginSignIn(request: AuthRequest, userId: string | number, options: BeginSignInOptions = {}): Promise<void> {
  const exchange = exchangeOf('beginSignIn', request)
  let begun: Promise<void>
  return exchange.intend(
    () => begun,
    () => {
      assertUserId(userId)
      const { within = '10m', ...others } = options
      const withinMs = durationMs('within', within)
      assertNewTokenPossible(exchange)
      const keep = options.keep === true ? true : [...(options.keep ?? []), ...writtenKeys(exchange)]
      begun = sessionOf(exchange).regenerate({ keep: keep === true ? true : [...exchange.app.config.keepOnSignIn, ...keep] })
      const pending: Pending = { userId, options: { ...others, keep }, attempts: 0, withinMs }
      // The span clears the key away; a resolver that looks at all keys must find the same ones each time.
      sessionOf(exchange).set(PENDING, pending, exchange.state.decidesUser(PENDING) ? {} : { ttl: withinMs / SECOND })
      assertNobodySignedIn(exchange)
    },
  )
}

/** The user whose sign-in waits for the second factor; `null` if none does, or its time is over. */
export function pendingUser(request: AuthRequest): string | number | null {
  return pendingUserOf(exchangeOf('pendingUser', request))
}

/**
 * Counts an attempt at the second factor, atomically; resolves to how many there were with this one. Call it before the factor is looked at. Rejects with
 * `NotSignedInError` if no sign-in is pending.
 *
 * It counts for this pending sign-in alone, and whoever knows the password can begin another: to limit attempts per user (NIST SP 800-63B-4, 3.2.2: no more than
 * 100 failures in a row) is the application's. In the encrypted cookie an old copy brings an old count back.
 */
export function countAttempt(request: AuthRequest): Promise<number> {
  const exchange = exchangeOf('countAttempt', request)
  let counted: Promise<unknown>
  return exchange.intend(
    async () => ((await counted) as Pending).attempts,
    () => {
      assertPending('countAttempt', exchange)
      counted = sessionOf(exchange).update(PENDING, (value) => {
        if (!isPending(value)) throw nothingPending('countAttempt')
        return { ...value, attempts: value.attempts + 1 }
      })
    },
  )
}

/**
 * The second factor is right: signs the pending user in, with a new token again. Options as of `signIn`; without them, those of `beginSignIn`. Resolves to the
 * user's id; rejects with `NotSignedInError` if no sign-in is pending, or its time is over.
 */
export function completeSignIn(request: AuthRequest, options: SignInOptions = {}): Promise<string | number> {
  const exchange = exchangeOf('completeSignIn', request)
  const { state } = exchange
  let pending: Pending
  let signedIn: Promise<void>
  return exchange.intend(
    async () => {
      await signedIn
      state.draft.delete(PENDING)
      return pending.userId
    },
    () => {
      assertNewTokenPossible(exchange)
      pending = assertPending('completeSignIn', exchange)
      signedIn = sessionOf(exchange).signIn(pending.userId, { ...pending.options, ...options })
    },
  )
}

export function pendingUserOf(exchange: Exchange): string | number | null {
  return pendingOf(exchange)?.userId ?? null
}

function pendingOf(exchange: Exchange): Pending | null {
  const session = sessionOf(exchange)
  const value = session.get(PENDING)
  const { userId, createdAt, now } = session.info
  if (!isPending(value)) return null
  // A resolver of the application's own may find the pending user as soon as the second step has set what it reads.
  if (userId !== null && userId !== String(value.userId)) return null
  return createdAt !== null && now.getTime() - createdAt.getTime() >= value.withinMs ? null : value
}

function assertPending(caller: string, exchange: Exchange): Pending {
  exchange.assertNotDegraded()
  const pending = pendingOf(exchange)
  if (pending === null) throw nothingPending(caller)
  return pending
}

function isPending(value: unknown): value is Pending {
  return typeof value === 'object' && value !== null && 'userId' in value && 'withinMs' in value
}

function nothingPending(caller: string): NotSignedInError {
  return new NotSignedInError(`${caller}: no sign-in is pending, or its time is over; begin again`)
}

/** Of the present, and not what was only read. */
function writtenKeys({ state: { draft } }: Exchange): string[] {
  return draft.keys().filter((key) => draft.isWritten(key))
}

function assertUserId(userId: unknown): void {
  if ((typeof userId === 'string' && userId !== '') || (typeof userId === 'number' && Number.isFinite(userId))) return
  throw new TypeError('beginSignIn: expected the id of a user, a string or a number')
}

/** What this request set goes along, and so would a user: then this is no sign-in of two steps. */
function assertNobodySignedIn(exchange: Exchange): void {
  const session = sessionOf(exchange)
  if (session.info.userId === null) return
  session.clear()
  throw new TypeError('beginSignIn: the option user finds a user in the data that this request set; set it after completeSignIn')
}
