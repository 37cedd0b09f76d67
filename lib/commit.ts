// Brings one session to its store: clean → nothing, new → create, changed → update, signed in → rotate.
import type { Collected } from './draft.js'
import { SessionClosedError, SessionGoneError } from './errors.js'
import { whenReady } from './maybe.js'
import { mayCarryCookie } from './session-cookie.js'
import type { SessionState } from './session-state.js'
import type { MaybePromise, SessionChanges, StoredSession } from './store.js'
import { USER_INDEX } from './store.js'
import { resolveUser } from './user.js'

export interface CommitOptions {
  /** Asked for by `save()`: then a session that is gone is an error, else only an event. */
  readonly explicit: boolean
}

/** Answers without a promise if nothing changed, or if the store does. */
export function commit(state: SessionState, options: CommitOptions): MaybePromise<void> {
  if (state.ended) return
  state.noticeUserChange()
  const collected = state.draft.collect()
  if (state.stored === null) return isWorthCreating(state) ? create(state, collected) : undefined
  if (state.rotation !== null) return rotate(state, state.stored, collected, options)
  if (collected !== null) return update(state, state.stored, collected, options)
}

/** Promise 9: nothing for strangers. */
function isWorthCreating(state: SessionState): boolean {
  return state.rotation !== null || state.draft.keys().length > 0
}

function create(state: SessionState, collected: Collected | null): MaybePromise<void> {
  const { app, request, cookieClosed } = state.exchange
  if (cookieClosed) throw new SessionClosedError('a new session needs a cookie, but the response has begun (or this is an upgrade)')
  if (!mayCarryCookie(app, request)) return
  const userId = state.rotation === null ? resolveUser(app.config.user, state.draft).userId : state.rotation.userId
  const indexes: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(indexChanges(state, () => true))) if (value !== null) indexes[name] = value
  if (userId !== null) indexes[USER_INDEX] = userId
  const record = { values: collected?.changes.set ?? {}, terms: { ...state.terms(), indexes } }
  const { store } = app.config
  const created = app.call(
    'create',
    () => store.create(record),
    (late) => abandon(state, late.token),
  )
  return whenReady(created, (stored) => {
    accept(state, stored, collected)
    tell(state, 'created')
    if (userId !== null) tell(state, 'signedIn')
  })
}

function update(state: SessionState, stored: StoredSession, collected: Collected, options: CommitOptions): MaybePromise<void> {
  const { app } = state.exchange
  const indexes = indexChanges(state, (name) => collected.restart !== null || collected.slots.has(name))
  const changes: SessionChanges = Object.keys(indexes).length === 0 ? collected.changes : { ...collected.changes, indexes }
  return whenReady(
    app.call('update', () => app.config.store.update(stored.token, changes)),
    (result) => {
      if (result.outcome !== 'saved') return lost(state, options)
      accept(state, { ...stored, token: result.token }, collected)
      tell(state, 'changed', collected.keys)
    },
  )
}

function rotate(state: SessionState, before: StoredSession, collected: Collected | null, options: CommitOptions): MaybePromise<void> {
  const { app } = state.exchange
  const { store } = app.config
  const userId = state.rotation?.userId ?? null
  const indexes = { ...indexChanges(state, () => true), [USER_INDEX]: userId }
  const changes: SessionChanges = { ...collected?.changes, indexes, terms: state.terms() }
  const rotated = settleUnknown(state, before.token, () =>
    app.call(
      'rotate',
      () => store.rotate(before.token, changes),
      (late) => late !== null && abandon(state, late.token),
    ),
  )
  return whenReady(rotated, (stored) => {
    if (stored === null) return userId === null ? lost(state, options) : startOver(state)
    accept(state, stored, collected)
    tell(state, 'rotated')
    if (userId !== null) tell(state, 'signedIn')
  })
}

/** A sign-in whose token is gone by then (a double click) makes a new session, with this request's data only. */
function startOver(state: SessionState): MaybePromise<void> {
  state.stored = null
  state.draft.forgetStored()
  return create(state, state.draft.collect())
}

/** Promise 3: the late writer revives nothing. */
function lost(state: SessionState, options: CommitOptions): void {
  tell(state, 'gone')
  state.ended = true
  if (options.explicit) throw new SessionGoneError()
}

/** A rotation that failed may have happened: then neither token may live on. */
function settleUnknown<T>(state: SessionState, token: string, operation: () => MaybePromise<T>): MaybePromise<T> {
  const giveUp = (error: unknown): never => {
    abandon(state, token)
    throw error
  }
  try {
    const result = operation()
    return result instanceof Object && 'catch' in result ? (result as Promise<T>).catch(giveUp) : result
  } catch (error) {
    return giveUp(error)
  }
}

/** Ends a session whose fate is unknown, on a best effort. */
function abandon(state: SessionState, token: string): void {
  const { app, request } = state.exchange
  const ended = (was: boolean): void => {
    const handle = state.stored?.handle ?? ''
    if (was) app.events.emit('ended', { handle, userId: state.userId, reason: 'unknownOutcome', request })
  }
  void Promise.resolve()
    .then(() => app.call('destroy', () => app.config.store.destroy(token)))
    .then(ended, () => {})
}

function accept(state: SessionState, stored: StoredSession, collected: Collected | null): void {
  state.becameStored(stored)
  if (collected !== null) state.draft.accept(collected)
}

/** New values of the application's indexes, for those whose key is `concerned`. */
function indexChanges(state: SessionState, concerned: (name: string) => boolean): Record<string, string | null> {
  const changes: Record<string, string | null> = {}
  for (const name of state.exchange.app.config.indexes) if (concerned(name)) changes[name] = indexValue(state.draft.get(name))
  return changes
}

/** How a value stands in an index; `null`: not at all. */
export function indexValue(value: unknown): string | null {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

function tell(state: SessionState, name: 'created' | 'signedIn' | 'rotated' | 'gone'): void
function tell(state: SessionState, name: 'changed', keys: readonly string[]): void
function tell(state: SessionState, name: 'created' | 'signedIn' | 'rotated' | 'gone' | 'changed', keys: readonly string[] = []): void {
  const { app, request } = state.exchange
  app.events.emit(name, { handle: state.stored?.handle ?? '', userId: state.userId, request, keys })
}
