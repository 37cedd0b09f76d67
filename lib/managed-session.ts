// A session as the manager shows it: nothing in it works as a cookie.
import { type SessionEntry, type SessionNotice, USER_INDEX } from './store.js'

export interface ManagedSession {
  /** Public and stable for the life of the session; what `find` and `end` take. */
  readonly handle: string
  /** `null` while nobody is signed in. */
  readonly userId: string | null
  /** Values of the application's indexes, by name. */
  readonly indexes: Readonly<Record<string, string>>
  readonly createdAt: Date
  /** Creation or the last sign-in. */
  readonly startedAt: Date
  readonly authenticatedAt: Date | null
  readonly lastSeenAt: Date
  /** When it ends if nobody comes. */
  readonly expiresAt: Date
  /** Where it was made or signed in last; both may be hostile text, printable and cut. */
  readonly address: string | null
  readonly agent: string | null
  /** Whether the browser keeps the cookie when it closes. */
  readonly remembered: boolean
  /** That it is going to be ended. */
  readonly notice: { readonly message: string; readonly endsAt: Date } | null
  /** Whether it is the one named as `current`. */
  readonly current: boolean
}

export function managedSession({ handle, facts, expiresAt }: SessionEntry, current: string | null): ManagedSession {
  const { [USER_INDEX]: userId, ...indexes } = facts.indexes
  return {
    handle,
    userId: userId ?? null,
    indexes,
    createdAt: new Date(facts.createdAt),
    startedAt: new Date(facts.startedAt),
    authenticatedAt: facts.authenticatedAt === null ? null : new Date(facts.authenticatedAt),
    lastSeenAt: new Date(facts.seenAt),
    expiresAt: new Date(expiresAt),
    address: facts.address || null,
    agent: facts.agent || null,
    remembered: facts.persistent,
    notice: shownNotice(facts.notice),
    current: handle === current,
  }
}

export function shownNotice(notice: SessionNotice | undefined): ManagedSession['notice'] {
  return notice === undefined ? null : { message: notice.message, endsAt: new Date(notice.endsAt) }
}
