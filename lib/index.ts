// The public face: exports only.
import { openStoreByName } from '../stores/by-name.js'
import type { SessionOptions } from './options.js'
import { createSessions, type Sessions } from './sessions.js'

/**
 * Makes the session middleware for Express, Connect and `node:http`. Throws a `TypeError` that begins with the option's name if an
 * option is wrong.
 */
export function session(options: SessionOptions = {}): Sessions {
  return createSessions(options, openStoreByName)
}

export default session

export { type CookieStore, type CookieStoreOptions, cookieStore } from '../stores/cookie.js'
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from '../stores/memory.js'
export type { CookieOptions } from './cookie-options.js'
export type { Duration } from './durations.js'
export {
  SessionClosedError,
  SessionConflictError,
  SessionDataError,
  SessionError,
  type SessionErrorCode,
  SessionGoneError,
  SessionMissingError,
  SessionStoreError,
  SessionTooLargeError,
  UnsupportedByStoreError,
} from './errors.js'
export type { EndReason, RejectReason, SessionEventName, SessionEvents } from './events.js'
export type { IndexQuery, SessionManager } from './manager.js'
export type { Middleware, Next } from './middleware.js'
export type { SessionOptions } from './options.js'
export type { Session, SetOptions, SignInOptions } from './session.js'
export * from './session-data.js'
export type { SessionInfo } from './session-info.js'
export type { Sessions } from './sessions.js'
export * from './store.js'
export type { UserResolver } from './user.js'
