// The store contract. A store moves text and judges time; it never parses a session. Imports nothing.

/** A store may answer without a promise; then no tick is spent. */
export type MaybePromise<T> = T | Promise<T>

/** Name of the index that holds the signed-in user; every session with a user is found under it. */
export const USER_INDEX = 'userId'

/** Key of the session → text. Inherits nothing, so that no key is special. */
export type SessionValues = Readonly<Record<string, string>>

/** What the writer decides about a session, beside its data. */
export interface SessionTerms {
  /** Opaque public id of the session as the application sees it; new at every sign-in. */
  readonly id: string
  /** Idle expiry in milliseconds: how long the session lasts without a load that slides. */
  readonly idleMs: number
  /** Absolute lifetime in milliseconds, counted from `startedAt`; `null` turns it off. */
  readonly lifetimeMs: number | null
  /** Whether the browser keeps the cookie when it closes. */
  readonly persistent: boolean
  /** Index name → value. The signed-in user stands under `USER_INDEX`. */
  readonly indexes: Readonly<Record<string, string>>
  /** Network address and user agent that created the session or signed in last; `''` if they were known before and no longer at the sign-in. */
  readonly address?: string
  readonly agent?: string
  /** SHA-256 of the client's certificate, likewise, if sessions are bound to it. */
  readonly certificate?: string
}

/** The terms, with the times that the store stamped by its own clock (milliseconds since the epoch). */
export interface SessionFacts extends SessionTerms {
  readonly createdAt: number
  /** Creation or the last rotation: the absolute lifetime counts from here. */
  readonly startedAt: number
  /** The last rotation or creation that had a user; `null` while nobody is signed in. */
  readonly authenticatedAt: number | null
  /** The last load that slid, or the last rotation, or the creation. */
  readonly seenAt: number
  /** That it is going to be ended; see `SessionIndex.endIn`. */
  readonly notice?: SessionNotice
}

/** A session to be created. */
export interface SessionRecord {
  readonly values: SessionValues
  readonly terms: SessionTerms
}

/** A live session, as `load` found it. */
export interface LoadedSession {
  /** Public, stable for the life of the session; the store's key. */
  readonly handle: string
  readonly values: SessionValues
  readonly facts: SessionFacts
  /** The store's clock at this load. */
  readonly now: number
  /** What the client must hold from now on; differs from the token that was loaded only in stores that seal state into it. */
  readonly token: string
}

/** What a write left behind. */
export interface StoredSession {
  readonly handle: string
  /** What the client must hold from now on. */
  readonly token: string
  readonly facts: SessionFacts
}

/** Changes to a stored session. The store applies them in this order: `expect`, `clear`, `unset`, `set`, `indexes`, `terms`. */
export interface SessionChanges {
  /** Apply nothing unless each of these keys still has this text (`null`: is absent). */
  readonly expect?: Readonly<Record<string, string | null>>
  /** Drop every key but these, also keys that the writer never saw. */
  readonly clear?: { readonly keep: readonly string[] }
  readonly unset?: readonly string[]
  readonly set?: SessionValues
  /** Index name → new value, or `null` to leave that index. Merged by name: indexes that are not named here stay (`clear` does not touch them). */
  readonly indexes?: Readonly<Record<string, string | null>>
  /** Replaces the terms that are named; the others stay. */
  readonly terms?: Partial<Omit<SessionTerms, 'indexes'>>
}

export type UpdateResult =
  | { readonly outcome: 'saved'; readonly token: string }
  /** An `expect` did not hold; nothing was applied. */
  | { readonly outcome: 'conflict' }
  /** The token is not, or no longer, that of a live session; nothing was applied. */
  | { readonly outcome: 'gone' }

/**
 * What every store does. An unknown, expired, ended, rotated-away or forged token is "none" and never an error; a throw or a
 * rejection means that the backend failed. Both clocks (idle and absolute) are judged by the store's own clock in every call.
 */
export interface SessionStore {
  /** For messages and metrics: `memory`, `redis` … */
  readonly name: string
  /** The token authenticates itself (sealed cookie) and is not signed a second time. */
  readonly sealsToken?: boolean
  /** Most parts of a sealed token, separated by dots; of several, each travels in a cookie of its own (`sid.0`, `sid.1` …). Default 1. */
  readonly tokenParts?: number
  /** What this store cannot promise; the contract suite prints it and the docs list it. */
  readonly cannot?: readonly StoreLimit[]

  /** Resolves once the backend can be reached; bounded by `connectTimeout`, and called again by a later request if it rejected. */
  ready?(): MaybePromise<void>
  /** Ends what the store itself opened, and nothing else. */
  close?(): MaybePromise<void>
  /** Reports what happens in the store outside of any call. */
  listen?(listener: (event: StoreEvent) => void): void

  /** Begins to hear what other processes announce: before, nothing is opened for it and `endedElsewhere` is not reported. Resolves once it is heard. */
  subscribe?(): MaybePromise<void>
  /** Tells the other processes on this store that a session was ended here; they get `endedElsewhere`. On a best effort. */
  announce?(ended: { readonly handle: string; readonly userId: string | undefined; readonly reason: string }): void

  /** Stores a new session under a new token; never overwrites one. */
  create(record: SessionRecord): MaybePromise<StoredSession>
  /**
   * Finds the session, in one round trip; with `slide` its idle expiry starts again.
   * `'reused'` is a "none" that names its cause: the handle lives, under a newer verifier.
   */
  load(token: string, options: { readonly slide: boolean }): MaybePromise<LoadedSession | 'reused' | null>
  /** Merges the changes in one atomic step. Never creates, never revives. */
  update(token: string, changes: SessionChanges): MaybePromise<UpdateResult>
  /**
   * New verifier, same handle, and the changes, in one atomic step: the old token is dead at once. Both clocks start again;
   * `authenticatedAt` is the store's time if the resulting terms have a user, else `null`. `null`: the token was "none".
   */
  rotate(token: string, changes: Omit<SessionChanges, 'expect'>): MaybePromise<StoredSession | null>
  /** Ends the session if the token is its own; idempotent. Whether it was there. */
  destroy(token: string): MaybePromise<boolean>

  /** Ends one session, whoever holds its token; for stores that can do this but have no index. Whether it was there. */
  end?(handle: string): MaybePromise<boolean>

  /** Finding and ending sessions by handle and by index; absent in stores that cannot. */
  readonly index?: SessionIndex
}

/** What a list shows of a session: nothing in it works as a cookie. */
export interface SessionEntry {
  readonly handle: string
  readonly facts: SessionFacts
  /** When it ends if nobody touches it: the earlier of both clocks. */
  readonly expiresAt: number
  /** The store's clock when it was read. */
  readonly now: number
}

/** A part of all sessions; `next` continues, `null` if nothing is left. */
export interface SessionBatch {
  readonly entries: readonly SessionEntry[]
  readonly next: string | null
  /** About how much of the store this batch has looked at: all of a scan together make 1. Absent where the store cannot tell. */
  readonly share?: number
}

/** Said to whoever holds the session: when it is going to be ended, and why. */
export interface SessionNotice {
  readonly message: string
  /** By the store's clock. */
  readonly endsAt: number
}

/** How many sessions one value of an index may have. */
export interface Admission {
  readonly max: number
  /** Higher stays longer. Default: the one that the session was admitted with before, else 0. */
  readonly priority?: number
  /** The place that was reserved for it. */
  readonly place?: string
  /** Who goes first of the same priority if there are too many; after them those that are not named, the longest admitted first, and the new one last. */
  readonly order?: readonly string[]
}

/** By handle and by index value, for the manager. Sees live sessions only. */
export interface SessionIndex {
  find(handle: string): MaybePromise<SessionEntry | null>
  /** In the order of the handles; `after` is the last one of the page before, whether it still lives or not. */
  list(index: string, value: string, page?: { readonly limit?: number; readonly after?: string }): MaybePromise<SessionEntry[]>
  count(index: string, value: string): MaybePromise<number>
  /** Ends one session, whoever holds its token. Whether it was there. */
  end(handle: string): MaybePromise<boolean>
  /** Ends all sessions that share the value, but for the handle `except`. Resolves to the handles that it ended. */
  endBy(index: string, value: string, options?: { readonly except?: string }): MaybePromise<string[]>
  /** Moves all sessions of one value to another: the index, and the session's key of that name, which becomes `text`. */
  reassign(index: string, from: string, to: string, text: string): MaybePromise<number>
  /** All live sessions of the store in batches that hold it up for no longer than a request does. A session that lives from the first to the last batch is met. */
  scan?(cursor: string | null): MaybePromise<SessionBatch>
  /** Ends every session that lives now, in a number of writes that does not depend on theirs. */
  endAll?(): MaybePromise<void>
  /**
   * Ends the session in so many milliseconds by the store's clock, if it does not end before, and puts the notice into its facts. A rotation takes both back.
   * When it ends; `null`: there is none.
   */
  endIn?(handle: string, ms: number, message: string): MaybePromise<number | null>
  /**
   * After the session was stored under the value: admits it there and resolves to the handles that must go, never to be admitted again (the session's own among them, if it
   * is the least). Of several callers at once no two admit more than `max` together.
   */
  admit?(index: string, value: string, handle: string, admission: Admission): MaybePromise<string[]>
  /** Before a session is stored: takes one of `max` places under the value, for `admit` to fill; not kept for long. Whether one was free. */
  reserve?(index: string, value: string, place: string, max: number): MaybePromise<boolean>
  /** Gives a place back that was reserved. */
  release?(index: string, value: string, place: string): MaybePromise<void>
}

/** For backends without a TTL of their own. Resolves to the number of sessions removed. */
export interface ExpirySweep {
  sweepExpired(): MaybePromise<number>
}

export type StoreEvent =
  /** A bounded store dropped a live session to make room. */
  | { readonly type: 'evicted'; readonly handle: string; readonly userId: string | undefined }
  /** A session reached one of its clocks and was removed. */
  | { readonly type: 'expired'; readonly handle: string; readonly userId: string | undefined; readonly clock: 'idle' | 'absolute' }
  /** Another process ended a session; see `announce`. */
  | { readonly type: 'endedElsewhere'; readonly handle: string; readonly userId: string | undefined; readonly reason: string }

/** Promises that a store may declare it cannot keep. */
export type StoreLimit =
  /** Two overlapping writers of different keys: the later overwrites the earlier. */
  | 'merge'
  /** `expect` is not judged atomically, so `update` and `increment` may lose. */
  | 'expect'
  /** A copy of an ended or rotated-away token still loads. */
  | 'revoke'
  /** No finding, counting or ending by handle or index. */
  | 'index'
  /** Sliding happens before the token is judged. */
  | 'slide-after-proof'
  /** Times come from the application's clock. */
  | 'own-clock'
