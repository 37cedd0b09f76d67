// How long one session lasts: its two clocks, and whether the browser keeps its cookie.
import { type Duration, durationMs, MAX_COOKIE_AGE_MS } from './durations.js'
import type { SessionConfig } from './options.js'
import type { SessionTerms } from './store.js'

export type Lifespan = Pick<SessionTerms, 'idleMs' | 'lifetimeMs' | 'persistent'>

/** As the options say. */
export function ordinaryLifespan({ idleMs, lifetimeMs, remember }: SessionConfig): Lifespan {
  return { idleMs, lifetimeMs, persistent: remember }
}

/** As the session has it already. */
export function lifespanAgain({ idleMs, lifetimeMs, persistent }: SessionTerms): Lifespan {
  return { idleMs, lifetimeMs, persistent }
}

/**
 * A duration is the session's own idle expiry, and its absolute lifetime is no shorter; `true` and `false` leave both clocks to the options.
 * Throws a `TypeError` for what is not a duration.
 */
export function lifespanOf(remember: boolean | Duration, config: SessionConfig): Lifespan {
  const ordinary = ordinaryLifespan(config)
  if (typeof remember === 'boolean') return { ...ordinary, persistent: remember }
  const idleMs = durationMs('remember', remember)
  if (idleMs > MAX_COOKIE_AGE_MS)
    throw new TypeError('remember: over 400 days, the most that browsers keep a cookie; seconds, not milliseconds?')
  return { idleMs, lifetimeMs: ordinary.lifetimeMs === null ? null : Math.max(ordinary.lifetimeMs, idleMs), persistent: true }
}
