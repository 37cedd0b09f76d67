// Terms and times of a session in memory: how they are stamped, moved and judged. Every function makes a new object, never alters one.
import { type SessionChanges, type SessionFacts, type SessionTerms, USER_INDEX } from '../../lib/store.js'
import { copyText, mergeText } from './values.js'

export function factsOfNew(terms: SessionTerms, now: number): SessionFacts {
  const own = copyTerms(terms)
  return { ...own, createdAt: now, startedAt: now, authenticatedAt: hasUser(own) ? now : null, seenAt: now }
}

/** Both clocks start again. */
export function factsOfRotated(facts: SessionFacts, changes: SessionChanges, now: number): SessionFacts {
  return { ...factsOfNew(changedTerms(facts, changes), now), createdAt: facts.createdAt }
}

/** The times stay, even if the terms come from a caller who spread a whole set of facts into them. */
export function factsOfUpdated(facts: SessionFacts, changes: SessionChanges): SessionFacts {
  if (changes.terms === undefined && changes.indexes === undefined) return facts
  const { createdAt, startedAt, authenticatedAt, seenAt } = facts
  const own = changedTerms(facts, changes)
  return { ...own, createdAt, startedAt, authenticatedAt: hasUser(own) ? authenticatedAt : null, seenAt }
}

export function factsOfSlid(facts: SessionFacts, now: number): SessionFacts {
  return { ...facts, seenAt: now }
}

/** The earlier of both clocks; at this very millisecond the session is over. */
export function expiresAt(facts: SessionFacts): number {
  return Math.min(idleEnd(facts), absoluteEnd(facts))
}

export function isLive(facts: SessionFacts, now: number): boolean {
  return now < expiresAt(facts)
}

export function clockOfEnd(facts: SessionFacts): 'idle' | 'absolute' {
  return idleEnd(facts) < absoluteEnd(facts) ? 'idle' : 'absolute'
}

function idleEnd(facts: SessionFacts): number {
  return facts.seenAt + facts.idleMs
}

function absoluteEnd(facts: SessionFacts): number {
  return facts.lifetimeMs === null ? Number.POSITIVE_INFINITY : facts.startedAt + facts.lifetimeMs
}

function hasUser(terms: SessionTerms): boolean {
  return terms.indexes[USER_INDEX] !== undefined
}

function copyTerms(terms: SessionTerms): SessionTerms {
  return { ...terms, indexes: copyText(terms.indexes) }
}

function changedTerms(facts: SessionFacts, { terms, indexes }: SessionChanges): SessionTerms {
  return { ...facts, ...terms, indexes: mergeText(facts.indexes, indexes) }
}
