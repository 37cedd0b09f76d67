// Terms and times of a session: how they are stamped, moved and judged. Every function makes a new object, never alters one.
import { type SessionChanges, type SessionFacts, type SessionTerms, USER_INDEX } from '../../lib/store.js'
import { mergedText } from './values.js'

/** A slide writes the whole session, so it is stamped when this part of the idle span has passed, not at every load. */
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

export function isDue({ seenAt, idleMs }: SessionFacts, now: number): boolean {
  return now - seenAt >= idleMs / SLIDES_PER_SPAN
}

/** The earlier of both clocks; at this very millisecond the session is over. */
export function expiresAt({ seenAt, idleMs, startedAt, lifetimeMs }: SessionFacts): number {
  return Math.min(seenAt + idleMs, lifetimeMs === null ? Number.POSITIVE_INFINITY : startedAt + lifetimeMs)
}

function changedTerms(facts: SessionFacts, { terms, indexes }: SessionChanges): SessionTerms {
  return { ...facts, ...terms, indexes: mergedText(facts.indexes, indexes) }
}
