// Terms and times of a session in memcached: how they are stamped, moved and judged. Every function makes a new object.
import { type SessionChanges, type SessionFacts, type SessionTerms, USER_INDEX } from '../../lib/store.js'
import { copyText, mergeText } from './values.js'

/** The stored time moves when this part of the idle span has passed: all other loads cost one command. */
const SLIDES_PER_SPAN = 10

export function factsOfNew(terms: SessionTerms, now: number): SessionFacts {
  const indexes = copyText(terms.indexes)
  return { ...terms, indexes, createdAt: now, startedAt: now, authenticatedAt: indexes[USER_INDEX] === undefined ? null : now, seenAt: now }
}

/** Both clocks start again. */
export function factsOfRotated(facts: SessionFacts, changes: SessionChanges, now: number): SessionFacts {
  return { ...factsOfNew(changedTerms(facts, changes), now), createdAt: facts.createdAt }
}

/** The times stay, even if the terms come from a caller who spread a whole set of facts into them. */
export function factsOfUpdated(facts: SessionFacts, changes: SessionChanges): SessionFacts {
  if (changes.terms === undefined && changes.indexes === undefined) return facts
  const { createdAt, startedAt, seenAt } = facts
  const terms = changedTerms(facts, changes)
  const authenticatedAt = terms.indexes[USER_INDEX] === undefined ? null : facts.authenticatedAt
  return { ...terms, createdAt, startedAt, authenticatedAt, seenAt }
}

/** Whether a load that slides must move the stored time. */
export function isDue({ idleMs, seenAt }: SessionFacts, now: number): boolean {
  return now - seenAt >= idleMs / SLIDES_PER_SPAN
}

/** Both clocks are strict: at this very millisecond the session is over. */
export function isLive({ startedAt, seenAt, idleMs, lifetimeMs }: SessionFacts, now: number): boolean {
  return now < seenAt + idleMs && (lifetimeMs === null || now < startedAt + lifetimeMs)
}

function changedTerms(facts: SessionFacts, { terms, indexes }: SessionChanges): SessionTerms {
  return { ...facts, ...terms, indexes: mergeText(facts.indexes, indexes) }
}
