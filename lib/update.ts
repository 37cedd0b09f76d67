// `update` and `increment`: compare-and-set on one key, so that nothing is lost across requests and processes.
import { commit, indexValue } from './commit.js'
import { SessionConflictError, SessionGoneError } from './errors.js'
import { whenReady } from './maybe.js'
import type { SessionState } from './session-state.js'
import type { MaybePromise, SessionChanges, StoredSession } from './store.js'
import { deadlineOf, fromText, toText } from './values.js'

type Change = (value: unknown) => unknown

const MAX_ATTEMPTS = 50

/** Resolves to the new value. Throws `SessionGoneError`, `SessionConflictError`, or what `fn` throws. */
export function updateKey(state: SessionState, key: string, fn: Change): MaybePromise<unknown> {
  state.exchange.used = true
  state.exchange.assertNotFailed()
  if (state.gone && state.rotation === null) throw new SessionGoneError()
  // Nobody else can know an unsaved session.
  if (state.stored === null) return changeHere(state, key, changed(fn, state.draft.get(key)))
  if (!state.rotates && !state.draft.restarts) return attempt(state, key, fn, state.draft.rawText(key), 1)
  return whenReady(commit(state, { explicit: true }), () =>
    state.stored === null
      ? changeHere(state, key, changed(fn, state.draft.get(key)))
      : attempt(state, key, fn, state.draft.rawText(key), 1),
  )
}

/** Goes with the commit. */
function changeHere(state: SessionState, key: string, value: unknown): unknown {
  state.draft.set(key, value, state.draft.ttlLeft(key))
  return value
}

function changed(fn: Change, before: unknown): unknown {
  const value = fn(before)
  if (value instanceof Object && 'then' in value) throw new TypeError('update: the function must be synchronous; await before, not inside')
  return value
}

/** `before`: the text that the store should still have. */
function attempt(state: SessionState, key: string, fn: Change, before: string | null, tries: number): MaybePromise<unknown> {
  const { app } = state.exchange
  const stored = state.stored as StoredSession
  const basis = state.draft.slotOf(key)
  const written = state.draft.writtenText(key)
  const input = written === undefined ? state.draft.current(before) : written
  const value = changed(fn, input === null ? undefined : fromText(key, input))
  // Another user needs another token, which comes with the commit.
  if (state.changesUser(key, value)) return changeHere(state, key, value)
  const text = value === undefined ? null : toText(key, value, input === null ? null : deadlineOf(input))
  if (text !== null) state.draft.assertFits(key, text)
  return whenReady(app.update(stored.token, changesOf(state, key, value, text, before)), (result) => {
    if (result.outcome === 'gone') throw goneError(state)
    if (result.outcome === 'conflict') return conflicted(state, key, fn, tries)
    state.becameStored({ ...stored, token: result.token }, null)
    state.draft.settle(key, text, basis)
    return value
  })
}

/** Somebody was faster. */
function conflicted(state: SessionState, key: string, fn: Change, tries: number): MaybePromise<unknown> {
  const { app, request } = state.exchange
  const gaveUp = tries >= MAX_ATTEMPTS
  app.events.emit('conflict', { handle: state.stored?.handle ?? '', userId: state.userId, request, key, attempts: tries, gaveUp })
  if (gaveUp) throw new SessionConflictError(key)
  return again(state, key, fn, tries)
}

/** Looks at what the key is now. */
function again(state: SessionState, key: string, fn: Change, tries: number): MaybePromise<unknown> {
  const { app } = state.exchange
  const { token } = state.stored as StoredSession
  return whenReady(app.load(token, { slide: false }), (loaded) => {
    if (loaded === null || loaded === 'reused') throw goneError(state)
    return attempt(state, key, fn, loaded.values[key] ?? null, tries + 1)
  })
}

function changesOf(state: SessionState, key: string, value: unknown, text: string | null, before: string | null): SessionChanges {
  const indexed = state.exchange.app.config.indexes.includes(key)
  return {
    expect: { [key]: before },
    ...(text === null ? { unset: [key] } : { set: { [key]: text } }),
    ...(indexed ? { indexes: { [key]: indexValue(value) } } : {}),
  }
}

function goneError(state: SessionState): SessionGoneError {
  const { app, request } = state.exchange
  app.events.emit('gone', { handle: state.stored?.handle ?? '', userId: state.userId, request })
  state.gone = true
  return new SessionGoneError()
}
