// What a session tells about itself, beside its data.
import { absoluteEnd, expiresAt, idleEnd } from './facts.js'
import { type ManagedSession, shownNotice } from './managed-session.js'
import type { SessionState } from './session-state.js'

export interface SessionInfo {
  /** Who is signed in, by the option `user`, as text; `null`: nobody. */
  readonly userId: string | null
  /** Public and stable for the life of the session; lists and the audit log show it. `null` until it is stored. */
  readonly handle: string | null
  /** Not stored yet when the request came. */
  readonly isNew: boolean
  readonly createdAt: Date | null
  /** Creation or the last sign-in: the absolute lifetime counts from here. */
  readonly startedAt: Date | null
  /** `null` while nobody is signed in; the present if this request signs somebody in. */
  readonly authenticatedAt: Date | null
  /** The earlier of both clocks: when the session ends if nobody comes. */
  readonly expiresAt: Date | null
  /** The idle expiry, which this request has moved unless it does not slide. */
  readonly idleExpiresAt: Date | null
  /** The absolute lifetime, which nothing but a sign-in moves; `null` also if it is off. */
  readonly absoluteExpiresAt: Date | null
  /** Whether the browser keeps the cookie when it closes. */
  readonly remembered: boolean
  /** The present by the clock that judges the others: the store's, where it has one. */
  readonly now: Date
  /** That the session is going to be ended, and why. */
  readonly notice: ManagedSession['notice']
  /** The request brought a rightly signed cookie whose session is gone. */
  readonly lost: boolean
  /** The store could not be asked and the request goes on without it. */
  readonly degraded: boolean
}

export function sessionInfo(state: SessionState): SessionInfo {
  const facts = state.stored?.facts
  const { arrival } = state.exchange
  const userId = state.signedIn
  const now = state.now()
  // Another user, or the same one anew: the commit will say so, by the store's clock.
  const isSignIn = state.rotation !== null || userId !== (state.userId ?? null)
  return {
    userId,
    handle: state.stored?.handle ?? null,
    isNew: arrival.found === null || state.stored?.handle !== arrival.found.loaded.handle,
    createdAt: date(facts?.createdAt),
    startedAt: date(facts?.startedAt),
    authenticatedAt: userId === null ? null : date(isSignIn ? now : facts?.authenticatedAt),
    expiresAt: facts === undefined ? null : new Date(expiresAt(facts)),
    idleExpiresAt: facts === undefined ? null : new Date(idleEnd(facts)),
    absoluteExpiresAt: facts === undefined || facts.lifetimeMs === null ? null : new Date(absoluteEnd(facts)),
    remembered: facts?.persistent ?? state.exchange.app.config.remember,
    now: new Date(now),
    notice: shownNotice(facts?.notice),
    lost: arrival.lost,
    degraded: arrival.degraded !== null,
  }
}

function date(time: number | null | undefined): Date | null {
  return time === null || time === undefined ? null : new Date(time)
}
