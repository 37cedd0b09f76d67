// The public face: exports only.
import { openAddressLimiter } from '../stores/address-limiter.js'
import { openStoreByName } from '../stores/by-name.js'
import { type ExpressSessionStore, expressStore, isExpressStore } from '../stores/express-store.js'
import type { SessionOptions as OwnOptions } from './options.js'
import { createSessions, type Sessions } from './sessions.js'

export interface SessionOptions extends Omit<OwnOptions, 'store'> {
  /** Where sessions live: a name, a URL, a store object, or a store made for express-session (connect-redis and its like). */
  readonly store?: OwnOptions['store'] | ExpressSessionStore
}

/**
 * Makes the session middleware for Express, Connect and `node:http`. Throws a `TypeError` that begins with the option's name if an
 * option is wrong.
 */
export function session(options: SessionOptions = {}): Sessions {
  return createSessions(adopted(options), { openStore: openStoreByName, openLimiter: openAddressLimiter })
}

/** What is not an object is refused where all options are checked. */
function adopted(options: SessionOptions): OwnOptions {
  const { store, ...others } = options ?? {}
  return isExpressStore(store) ? { ...others, store: expressStore(store) } : (options as OwnOptions)
}

export default session

export { type CookieStore, type CookieStoreOptions, cookieStore } from '../stores/cookie.js'
export { type ExpressSessionStore, expressStore } from '../stores/express-store.js'
export { type MemcacheStore, type MemcacheStoreOptions, memcacheStore } from '../stores/memcache.js'
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from '../stores/memory.js'
export { type RedisStore, type RedisStoreOptions, redisStore } from '../stores/redis.js'
export type { BindOptions } from './bind-options.js'
export type { CookieOptions } from './cookie-options.js'
export type { Duration } from './durations.js'
export {
  SessionClosedError,
  SessionConflictError,
  SessionDataError,
  SessionError,
  type SessionErrorCode,
  SessionGoneError,
  SessionLimitError,
  SessionMissingError,
  SessionStoreError,
  SessionTooLargeError,
  UnsupportedByStoreError,
} from './errors.js'
export type { BoundFact, CallOutcome, EndReason, RejectReason, SessionEventName, SessionEvents } from './events.js'
export type { AddressLimiter, AddressLimitOptions, ExceedPolicy, LimitOptions, Priority } from './limit-options.js'
export type { ManagedSession } from './managed-session.js'
export type { IndexQuery, SessionManager } from './manager.js'
export type { Middleware, Next } from './middleware.js'
export { policies } from './policies.js'
export type { Session, SetOptions, SignInOptions } from './session.js'
export * from './session-data.js'
export type { SessionInfo } from './session-info.js'
export type { ListOptions, Selection, SessionPage, SortKey } from './session-lists.js'
export type { SessionStats } from './session-stats.js'
export { type SessionStatusOptions, sessionStatus } from './session-status.js'
export type { AskOptions, ErrorHandler, Sessions } from './sessions.js'
export type { SessionNotice, SessionStatus } from './status-report.js'
export * from './store.js'
export type { UserResolver } from './user.js'
