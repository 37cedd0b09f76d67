// What the handler holds. Each call records its intent at once; see `Exchange.intend`.
import { inspect } from 'node:util'
import { reservePlace } from './checks/limits.js'
import { commit } from './commit.js'
import { type Duration, durationMs } from './durations.js'
import { endSession } from './end-session.js'
import { SessionClosedError, SessionGoneError } from './errors.js'
import { withCallback } from './intent.js'
import { type Lifespan, lifespanAgain, lifespanOf, ordinaryLifespan } from './lifespan.js'
import { type Priority, priorityOf } from './limit-options.js'
import { whenReady } from './maybe.js'
import type { NumberKey, SessionDataPatch, SessionKey, SessionValue } from './session-data.js'
import { type SessionInfo, sessionInfo } from './session-info.js'
import type { SessionState } from './session-state.js'
import { type MaybePromise, USER_INDEX } from './store.js'
import { updateKey } from './update.js'
import { userText } from './user.js'

export const STATE: unique symbol = Symbol('session state')

export interface SetOptions {
  /** The key's own time to live: seconds, or a string with a unit. Default: as long as the session. */
  readonly ttl?: Duration
}

export interface SignInOptions {
  /** Keys of the session that go along: `true` for all, a list, or (default) none but `keepOnSignIn` and what this request set. */
  readonly keep?: true | readonly string[]
  /**
   * Whether the browser keeps the cookie when it closes; or a duration ("remember me"), which also is the session's own idle expiry, and its absolute
   * lifetime is no shorter. Default: the option `remember`; for the user who is signed in already, what the session has.
   */
  readonly remember?: boolean | Duration
  /** Where the number of a user's sessions is limited, lower priorities go first. Default: what the session of this user had, else `'normal'`. */
  readonly priority?: Priority
}

type Callback = (error?: unknown) => void

export class Session {
  readonly [STATE]: SessionState

  constructor(state: SessionState) {
    this[STATE] = state
  }

  /** The value under the key. An object may be changed in place: that is noticed and saved. */
  get<K extends SessionKey>(key: K): SessionValue<K> | undefined {
    return usedDraft(this).get(key) as SessionValue<K> | undefined
  }

  /** Sets a key, or several. Saved before the response leaves. Throws `SessionDataError` for what cannot be stored. */
  set<K extends SessionKey>(key: K, value: SessionValue<K>, options?: SetOptions): void
  set(values: SessionDataPatch): void
  set(key: string | SessionDataPatch, value?: unknown, options?: SetOptions): void {
    if (options?.ttl !== undefined) this[STATE].assertMayExpire(String(key))
    if (typeof key === 'object' && key !== null) {
      for (const [name, each] of Object.entries(key)) writableDraft(this, name).set(name, each, null)
    } else {
      writableDraft(this, key).set(key, value, options?.ttl === undefined ? null : durationMs('ttl', options.ttl))
    }
  }

  has(key: SessionKey): boolean {
    return usedDraft(this).has(key)
  }

  delete(key: SessionKey): void {
    writableDraft(this, key).delete(key)
  }

  /** Drops all data, also what other requests are adding. */
  clear(): void {
    const state = this[STATE]
    state.assertWritable()
    if (state.userId !== undefined) state.assertCookiePossible()
    state.draft.clear()
  }

  /** Reads the key and removes it. */
  take<K extends SessionKey>(key: K): SessionValue<K> | undefined {
    const draft = usedDraft(this)
    const value = draft.get(key) as SessionValue<K> | undefined
    if (value !== undefined) writableDraft(this, key).delete(key)
    return value
  }

  /**
   * Changes one key atomically, across requests and processes; resolves to the new value. `fn` is synchronous, may run more than
   * once, and sees what this request set before. Rejects with `SessionGoneError` or `SessionConflictError`.
   */
  update<K extends SessionKey>(key: K, fn: (value: SessionValue<K> | undefined) => SessionValue<K>): Promise<SessionValue<K>> {
    const state = this[STATE]
    return state.exchange.intend(
      () => updateKey(state, key, (value) => fn(value as SessionValue<K> | undefined)),
      () => state.assertWritable(),
    ) as Promise<SessionValue<K>>
  }

  /** Adds `by` (default 1) to a number atomically; an absent key counts as 0. Resolves to the new value. */
  increment(key: NumberKey, by = 1): Promise<number> {
    const state = this[STATE]
    return state.exchange.intend(
      () => updateKey(state, key, (value) => sum(key, value, by)),
      () => state.assertWritable(),
    ) as Promise<number>
  }

  /**
   * Signs the user in: new token, and the old one is dead at once; both clocks start again. Data from before is dropped unless it is
   * kept or was set in this request. Takes effect, in one step with this request's changes, before the response leaves.
   */
  signIn(userId: string | number, options: SignInOptions = {}): Promise<void> {
    const state = this[STATE]
    const { config } = state.exchange.app
    const keep = options.keep === true ? true : [...config.keepOnSignIn, ...(options.keep ?? [])]
    const check = (): void => {
      assertUserId(userId)
      state.exchange.assertNotDegraded()
      state.assertWritable()
      state.assertCookiePossible()
    }
    const sign = (): void =>
      state.signIn(userId, keep, {
        lifespan: lifespan(state, userId, options.remember),
        priority: options.priority === undefined ? null : priorityOf(options.priority),
      })
    // Where a place must be free first, nothing changes before that is known; else at once.
    if (config.limits?.onExceed === 'deny_new')
      return state.exchange.intend(() => whenReady(reservePlace(state, userText(userId)), sign), check)
    return state.exchange.intend(
      () => {},
      () => {
        check()
        sign()
      },
    )
  }

  /** Ends the session, in the store at once. `req.session` is a fresh, unsaved one then. */
  signOut(): Promise<void> {
    return endSession(this[STATE], 'signedOut', { usable: true })
  }

  /** Ends the session and starts a new, empty one in `req.session`; this object stays a readable snapshot. */
  regenerate(options?: { readonly keep?: true | readonly string[] }): Promise<void>
  regenerate(callback: Callback): Promise<void>
  regenerate(argument?: Callback | { readonly keep?: true | readonly string[] }): Promise<void> {
    const [options, callback] = typeof argument === 'function' ? [{}, argument] : [argument ?? {}, undefined]
    const keep = options.keep === true ? this[STATE].draft.keys() : (options.keep ?? [])
    return withCallback(endSession(this[STATE], 'regenerated', { keep, usable: true }), callback)
  }

  /** Commits now. Rejects with `SessionGoneError` if the session was ended meanwhile. */
  save(callback?: Callback): Promise<void> {
    const state = this[STATE]
    return withCallback(
      state.exchange.intend(() => {
        if (state.replaced) throw new SessionClosedError('this session object has ended; req.session holds the current one')
        if (state.ended || (state.gone && state.rotation === null)) throw new SessionGoneError()
        state.exchange.assertNotFailed()
        return commit(state, { explicit: true })
      }),
      callback,
    )
  }

  /** Back to what is stored; this request's unsaved changes are forgotten. Rejects with `SessionGoneError` if nothing is. */
  reload(callback?: Callback): Promise<void> {
    const state = this[STATE]
    return withCallback(
      state.exchange.intend(() => reload(state)),
      callback,
    )
  }

  /** Ends the session, in the store at once. What is in `req.session` then is empty and cannot be changed. */
  destroy(callback?: Callback): Promise<void> {
    return withCallback(endSession(this[STATE], 'destroyed', { usable: false }), callback)
  }

  /** Opaque and public; changes at every sign-in, sign-out and regenerate, so that a CSRF token can be bound to it. */
  get id(): string {
    this[STATE].exchange.used = true
    return this[STATE].id
  }

  get info(): SessionInfo {
    this[STATE].exchange.used = true
    return sessionInfo(this[STATE])
  }

  toJSON(): Record<string, unknown> {
    const draft = usedDraft(this)
    const data: Record<string, unknown> = Object.create(null)
    for (const key of draft.keys()) data[key] = draft.get(key)
    return data
  }

  [inspect.custom](): Record<string, unknown> {
    return { ...this.toJSON() }
  }
}

/** The names that belong to the session itself; every other property is the application's. */
export const RESERVED: ReadonlySet<string> = new Set(
  'get,set,has,delete,clear,take,update,increment,signIn,signOut,regenerate,save,reload,destroy,id,info,toJSON'.split(','),
)

/** The keys of the data. */
export function dataKeys(session: Session): string[] {
  return usedDraft(session).keys()
}

function usedDraft(session: Session): SessionState['draft'] {
  const state = session[STATE]
  state.exchange.used = true
  return state.draft
}

function writableDraft(session: Session, key: string): SessionState['draft'] {
  const state = session[STATE]
  state.assertWritable()
  // Another user needs another token, and a token needs a cookie.
  if ((state.exchange.cookieClosed || state.exchange.committing) && state.decidesUser(key)) state.assertCookiePossible()
  return state.draft
}

/** Who signs in again is remembered as before. */
function lifespan(state: SessionState, userId: string | number, remember: boolean | Duration | undefined): Lifespan {
  const { config } = state.exchange.app
  if (remember !== undefined) return lifespanOf(remember, config)
  const facts = state.stored?.facts
  return facts !== undefined && facts.indexes[USER_INDEX] === userText(userId) ? lifespanAgain(facts) : ordinaryLifespan(config)
}

function assertUserId(userId: unknown): void {
  if ((typeof userId === 'string' && userId !== '') || (typeof userId === 'number' && Number.isFinite(userId))) return
  throw new TypeError('signIn: expected the id of a user, a string or a number')
}

function sum(key: string, value: unknown, by: number): number {
  if (value !== undefined && typeof value !== 'number') throw new TypeError(`increment: session key ${JSON.stringify(key)} is not a number`)
  return (value ?? 0) + by
}

function reload(state: SessionState): MaybePromise<void> {
  const { app } = state.exchange
  const { stored } = state
  if (stored === null || state.ended || state.gone) throw new SessionGoneError()
  return whenReady(app.load(stored.token, { slide: false }), (loaded) => {
    if (loaded === null || loaded === 'reused') throw new SessionGoneError()
    state.reloaded(loaded)
  })
}
