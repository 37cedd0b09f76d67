// Brings one session to its store: clean → nothing, new → create, changed → update, signed in → rotate.
import { admit, countAddress, inPlace } from './checks/limits.js'
import { isUnknownOutcome, SessionClosedError, SessionGoneError } from './errors.js'
import { isPromise, orElse, whenReady } from './maybe.js'
import { mayCarryCookie } from './session-cookie.js'
import type { Rotation, SessionState } from './session-state.js'
import type { Collected, Slot } from './slot.js'
import type { MaybePromise, SessionChanges, StoredSession, UpdateResult } from './store.js'
import { USER_INDEX } from './store.js'

export interface CommitOptions {
  /** Asked for by `save()`: then a session that is gone is an error, else only an event. */
  readonly explicit: boolean
}

const INSECURE = 'the session cookie must not be sent on this connection; see the warning STEADY_SESSION_INSECURE'

/** Answers without a promise if nothing changed, or if the store does. */
export function commit(state: SessionState, options: CommitOptions): MaybePromise<void> {
  if (state.isClean) return
  if (state.exchange.arrival.degraded !== null) return
  // Whoever signs in after a `gone` is not late but new.
  if (state.gone) return state.rotation !== null && state.userToBe !== null ? startOver(state) : undefined
  state.noticeUserChange()
  const collected = state.draft.collect()
  if (state.stored === null) return isWorthCreating(state) ? create(state, collected, options) : undefined
  if (state.rotation !== null) return rotate(state, state.stored, collected, options)
  if (collected !== null) return update(state, state.stored, collected, options)
}

/** Promise 9: nothing for strangers. */
function isWorthCreating(state: SessionState): boolean {
  return state.rotation !== null || state.draft.keys().length > 0
}

function create(state: SessionState, collected: Collected | null, options: CommitOptions): MaybePromise<void> {
  const { app } = state.exchange
  if (!mayGiveCookie(state, options)) return
  const { rotation, userToBe: userId } = state
  const indexes: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(indexChanges(state, () => true))) if (value !== null) indexes[name] = value
  if (userId !== null) indexes[USER_INDEX] = userId
  const record = { values: collected?.changes.set ?? {}, terms: { ...state.terms(), indexes } }
  const { store } = app.config
  const ask = (): MaybePromise<StoredSession> =>
    app.call(
      'create',
      () => store.create(record),
      (late) => abandon(state, late.handle, () => store.destroy(late.token)),
    )
  const created = whenReady(countAddress(state, record.terms.address), () =>
    inPlace(state, userId, () => (userId === null ? ask() : stopIfUnknown(state, ask))),
  )
  state.creating = isPromise(created)
  if (isPromise(created)) created.catch(() => {}).finally(() => (state.creating = false))
  return whenReady(created, (stored) => {
    state.creating = false
    accept(state, stored, rotation, collected)
    tell(state, 'created')
    if (userId !== null) return signedIn(state, stored, userId, rotation)
  })
}

function update(state: SessionState, stored: StoredSession, collected: Collected, options: CommitOptions): MaybePromise<void> {
  const { app } = state.exchange
  const indexes = indexChanges(state, (name) => collected.restart !== null || collected.slots.some(({ key }) => key === name))
  const changes: SessionChanges = Object.keys(indexes).length === 0 ? collected.changes : { ...collected.changes, indexes }
  const answer = app.update(stored.token, changes)
  if (isPromise(answer)) return answer.then((result) => updated(state, stored, collected, result, options))
  updated(state, stored, collected, answer, options)
}

function updated(state: SessionState, before: StoredSession, collected: Collected, result: UpdateResult, options: CommitOptions): void {
  if (result.outcome !== 'saved') return lost(state, options)
  accept(state, result.token === before.token ? before : { ...before, token: result.token }, null, collected)
  tell(state, 'changed', collected.slots)
}

function rotate(state: SessionState, before: StoredSession, collected: Collected | null, options: CommitOptions): MaybePromise<void> {
  const { app } = state.exchange
  const { store } = app.config
  if (!mayGiveCookie(state, options)) return
  const { rotation, userToBe: userId } = state
  const indexes = { ...indexChanges(state, () => true), [USER_INDEX]: userId }
  const changes: SessionChanges = { ...collected?.changes, indexes, terms: state.terms() }
  const ask = (): MaybePromise<StoredSession | null> =>
    app.call(
      'rotate',
      () => store.rotate(before.token, changes),
      (late) => late !== null && abandon(state, late.handle, () => store.destroy(late.token)),
    )
  const rotated = inPlace(state, userId, () => endIfUnknown(state, before, ask))
  return whenReady(rotated, (stored) => {
    // Whoever signs a user out and finds the session gone has what was wanted.
    if (stored === null) return userId === null ? lost(state, { explicit: false }) : startOver(state)
    accept(state, stored, rotation, collected)
    tell(state, 'rotated')
    if (userId !== null) return signedIn(state, stored, userId, rotation)
  })
}

function signedIn(state: SessionState, stored: StoredSession, userId: string, rotation: Rotation | null): MaybePromise<void> {
  return whenReady(admit(state, stored, userId, rotation?.priority ?? null), () => tell(state, 'signedIn'))
}

/** A sign-in whose token is gone by then (a double click) makes a new session, with this request's data only. */
function startOver(state: SessionState): MaybePromise<void> {
  state.startAgain()
  return create(state, state.draft.collect(), { explicit: false })
}

/** Whether the browser can be given the new token that is about to be made. */
function mayGiveCookie({ exchange }: SessionState, { explicit }: CommitOptions): boolean {
  if (exchange.cookieClosed) throw new SessionClosedError('this needs a new cookie, but the response has begun (or this is an upgrade)')
  const may = mayCarryCookie(exchange.app, exchange.request)
  if (!may && explicit) throw new SessionClosedError(INSECURE)
  return may
}

/** Promise 3: the late writer revives nothing. */
function lost(state: SessionState, options: CommitOptions): void {
  tell(state, 'gone')
  state.gone = true
  if (options.explicit) throw new SessionGoneError()
}

/** A sign-in of unknown outcome is not tried again: the error page must not carry it. */
function stopIfUnknown<T>(state: SessionState, call: () => MaybePromise<T>): MaybePromise<T> {
  return orElse(call, (error) => {
    if (isUnknownOutcome(error)) state.exchange.stop(error)
    throw error
  })
}

/** A rotation that failed may have happened: then neither token may live on. */
function endIfUnknown<T>(state: SessionState, before: StoredSession, rotate: () => MaybePromise<T>): MaybePromise<T> {
  const { store } = state.exchange.app.config
  return orElse(rotate, (error) => {
    if (!isUnknownOutcome(error)) throw error
    state.exchange.stop(error)
    // By handle, where the store can, if the token is the new one already, which nobody knows.
    abandon(
      state,
      before.handle,
      async () => (await store.destroy(before.token)) || ((await (store.index?.end(before.handle) ?? store.end?.(before.handle))) ?? false),
    )
    throw error
  })
}

/** Ends a session whose fate is unknown, on a best effort. */
function abandon(state: SessionState, handle: string, end: () => MaybePromise<boolean>): void {
  const { app, request } = state.exchange
  void Promise.resolve()
    .then(() => app.call('destroy', end))
    .then(
      (was) => was && app.events.emit('ended', { handle, userId: state.userId, reason: 'unknownOutcome', request }),
      () => {},
    )
}

function accept(state: SessionState, stored: StoredSession, rotation: Rotation | null, collected: Collected | null): void {
  state.becameStored(stored, rotation)
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
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean'
    ? String(value).toWellFormed()
    : null
}

function tell(state: SessionState, name: 'created' | 'signedIn' | 'rotated' | 'gone'): void
function tell(state: SessionState, name: 'changed', slots: readonly Slot[]): void
function tell(state: SessionState, name: 'created' | 'signedIn' | 'rotated' | 'gone' | 'changed', slots: readonly Slot[] = []): void {
  const { app, request } = state.exchange
  if (!app.events.hears(name)) return
  const event = { handle: state.stored?.handle ?? '', userId: state.userId, request }
  if (name === 'changed') app.events.emit(name, { ...event, keys: slots.map(({ key }) => key) })
  else app.events.emit(name, event)
}
