// How many sessions a user may have. The store admits them exactly, whatever else goes on; see `SessionIndex.admit`.
import { SessionLimitError } from '../errors.js'
import type { SessionLimits } from '../limit-options.js'
import { managedSession } from '../managed-session.js'
import { orElse, whenReady } from '../maybe.js'
import type { SessionState } from '../session-state.js'
import { type MaybePromise, type SessionIndex, type StoredSession, USER_INDEX } from '../store.js'
import { newHandle } from '../token.js'

/** Makes a session of the user in the place that was reserved for it, and gives that back if it cannot be made. Rejects with `SessionLimitError`. */
export function inPlace<T>(state: SessionState, userId: string | null, make: () => MaybePromise<T>): MaybePromise<T> {
  return whenReady(reservePlace(state, userId), () =>
    orElse(make, (error) => {
      if (userId !== null) releasePlace(state, userId)
      throw error
    }),
  )
}

/** Before anything changes: takes a place for one more session of the user, where the policy denies new ones. Rejects with `SessionLimitError`. */
export function reservePlace(state: SessionState, userId: string | null): MaybePromise<void> {
  const limits = limitsOn(state)
  if (limits?.onExceed !== 'deny_new' || limits.perUser === null || userId === null || state.place !== null) return
  // Who signs in again has a place already.
  if (state.stored?.facts.indexes[USER_INDEX] === userId) return
  const { app } = state.exchange
  const [place, max] = [newHandle(), limits.perUser]
  const reserved = app.call('reserve', () => indexOf(state).reserve?.(USER_INDEX, userId, place, max) ?? true)
  return whenReady(reserved, (isFree) => {
    if (!isFree) deny(state, userId)
    state.place = place
  })
}

/** On a best effort: it lapses by itself. */
function releasePlace(state: SessionState, userId: string): void {
  const { place } = state
  if (place === null) return
  state.place = null
  const { app } = state.exchange
  void Promise.resolve()
    .then(() => app.call('release', () => indexOf(state).release?.(USER_INDEX, userId, place)))
    .catch(() => {})
}

/** Before a session is made: counts it for the address that it comes from. Rejects with `SessionLimitError`. */
export function countAddress(state: SessionState, address: string | undefined): MaybePromise<void> {
  const limiter = limitsOn(state)?.perAddress ?? null
  if (limiter === null || address === undefined || address === '') return
  const { app, request } = state.exchange
  const taken = app.call('limit', () =>
    limiter.consume(address).then(
      () => true,
      (refusal: unknown) => {
        if (refusal instanceof Error) throw refusal
        return false
      },
    ),
  )
  return whenReady(taken, (isFree) => {
    if (isFree) return
    app.events.emit('limitDenied', { userId: undefined, handle: undefined, request, limit: 'perAddress' })
    throw new SessionLimitError('perAddress')
  })
}

/** After the session was stored: those that are too many end, this one among them if it is the least. */
export function admit(state: SessionState, stored: StoredSession, userId: string, priority: number | null): MaybePromise<void> {
  const limits = limitsOn(state)
  const max = limits?.perUser ?? null
  if (limits === null || max === null) return
  const { app } = state.exchange
  const index = indexOf(state)
  const { place } = state
  state.place = null
  return whenReady(orderOf(state, limits, stored.handle, userId), (order) => {
    const admission = { max, ...(priority !== null && { priority }), ...(place !== null && { place }), ...(order !== null && { order }) }
    const victims = app.call('admit', () => index.admit?.(USER_INDEX, userId, stored.handle, admission) ?? [])
    return whenReady(victims, (handles) => endAll(state, stored.handle, userId, handles))
  })
}

/** Who goes first, where more than the time of the sign-in decides. */
function orderOf(
  state: SessionState,
  { onExceed, perUser }: SessionLimits,
  own: string,
  userId: string,
): MaybePromise<readonly string[] | null> {
  if (onExceed !== 'terminate_idlest' && typeof onExceed !== 'function') return null
  return whenReady(
    state.exchange.app.call('list', () => indexOf(state).list(USER_INDEX, userId)),
    (entries) => {
      const others = entries.filter(({ handle }) => handle !== own)
      if (others.length < (perUser ?? 0)) return null
      if (typeof onExceed !== 'function') return others.sort((a, b) => a.facts.seenAt - b.facts.seenAt).map(({ handle }) => handle)
      const chosen = onExceed(others.map((entry) => managedSession(entry, own)))
      return chosen === null || chosen === undefined ? null : [chosen]
    },
  )
}

function endAll(state: SessionState, own: string, userId: string, handles: readonly string[]): MaybePromise<void> {
  if (handles.length === 0) return
  const { app, request } = state.exchange
  const ended = handles.map((handle) =>
    whenReady(
      app.call('end', () => indexOf(state).end(handle)),
      (was) => {
        if (was) app.events.emit('ended', { handle, userId, reason: 'limit', request })
      },
    ),
  )
  return whenReady(Promise.all(ended), () => {
    if (!handles.includes(own)) return
    state.ended = true
    deny(state, userId)
  })
}

function deny(state: SessionState, userId: string): never {
  const { app, request } = state.exchange
  app.events.emit('limitDenied', { userId, handle: state.stored?.handle, request, limit: 'perUser' })
  throw new SessionLimitError('perUser')
}

function limitsOn({ exchange }: SessionState): SessionLimits | null {
  return exchange.app.config.limits
}

/** There is one: the option was refused without it. */
function indexOf({ exchange }: SessionState): SessionIndex {
  return exchange.app.config.store.index as SessionIndex
}
