// Terms and times of a sealed session: how they are stamped, moved and judged. Every function makes a new object, never alters one.
import { type SessionChanges, type SessionFacts, type SessionTerms, USER_INDEX } from '../../lib/store.js'
import { SKEW_MS } from './sealer.js'
import { mergedText } from './values.js'

/** A cookie is sent anew to slide when this part of the idle span has passed, not with every response. */
const SLIDES_PER_SPAN = 10

export function factsOfNew(terms: SessionTerms, now: number): SessionFacts {
  const indexes = mergedText(terms.indexes)
  return { ...terms, indexes, createdAt: now, startedAt: now, authenticatedAt: indexes[USER_INDEX] === undefined ? null : now, seenAt: now }
}

/** Both clocks start again. */
export function factsOfRotated(facts: SessionFacts, changes: SessionChanges, now: number): SessionFacts {
  return { ...factsOfNew(changedTerms(facts, changes), now), createdAt: facts.createdAt }
}

/** The times stay, even if the terms come from a caller who spread a whole set of facts into them. */
export function factsOfUpdated(facts: SessionFacts, changes: SessionChanges): SessionFacts {
  const { createdAt, startedAt, seenAt } = facts
  const terms = changedTerms(facts, changes)
  const authenticatedAt = terms.indexes[USER_INDEX] === undefined ? null : facts.authenticatedAt
  return { ...terms, createdAt, startedAt, authenticatedAt, seenAt }
}

/** Whether a cookie of this age is to be sent anew, so that the session slides. */
export function isDue({ idleMs }: SessionFacts, ageMs: number): boolean {
  return ageMs >= idleMs / SLIDES_PER_SPAN
}

/** Both clocks are strict. Of stamps from the future a little is allowed: another server may have made them. */
export function isLive({ startedAt, seenAt, idleMs, lifetimeMs }: SessionFacts, now: number): boolean {
  if (Math.max(startedAt, seenAt) > now + SKEW_MS) return false
  return now < seenAt + idleMs && (lifetimeMs === null || now < startedAt + lifetimeMs)
}

function changedTerms(facts: SessionFacts, { terms, indexes }: SessionChanges): SessionTerms {
  return { ...facts, ...terms, indexes: mergedText(facts.indexes, indexes) }
}
