// What a session tells about itself, beside its data.
import { expiresAt } from './facts.js'
import type { SessionState } from './session-state.js'

export interface SessionInfo {
  /** Public and stable for the life of the session; lists and the audit log show it. `null` until it is stored. */
  readonly handle: string | null
  /** Not stored yet when the request came. */
  readonly isNew: boolean
  readonly createdAt: Date | null
  /** Creation or the last sign-in: the absolute lifetime counts from here. */
  readonly startedAt: Date | null
  /** `null` while nobody is signed in. */
  readonly authenticatedAt: Date | null
  /** The earlier of both clocks: when the session ends if nobody comes. */
  readonly expiresAt: Date | null
  /** The request brought a rightly signed cookie whose session is gone. */
  readonly lost: boolean
  /** The store could not be asked and the request goes on without it. */
  readonly degraded: boolean
}

export function sessionInfo(state: SessionState): SessionInfo {
  const facts = state.stored?.facts
  const { arrival } = state.exchange
  return {
    handle: state.stored?.handle ?? null,
    isNew: arrival.found === null || state.stored?.handle !== arrival.found.loaded.handle,
    createdAt: date(facts?.createdAt),
    startedAt: date(facts?.startedAt),
    authenticatedAt: date(facts?.authenticatedAt),
    expiresAt: facts === undefined ? null : new Date(expiresAt(facts)),
    lost: arrival.lost,
    degraded: arrival.degraded !== null,
  }
}

function date(time: number | null | undefined): Date | null {
  return time === null || time === undefined ? null : new Date(time)
}
