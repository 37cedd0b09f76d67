// Terms and times of a session: how they are stamped, moved and judged. Every function makes a new object, never alters one.
import { copyText, mergeText } from './apply.js'
import { type SessionChanges, type SessionFacts, type SessionNotice, type SessionTerms, USER_INDEX } from './store.js'

/** Where sliding costs a write, it is stamped when this part of the idle span has passed, not at every load. */
const SLIDES_PER_SPAN = 10

type Writable<T> = { -readonly [K in keyof T]: T[K] }

type Times = Pick<SessionFacts, 'createdAt' | 'startedAt' | 'authenticatedAt' | 'seenAt'>

type Origin = 'address' | 'agent' | 'certificate'

/** Of which `undefined` is as good as absent. */
type GivenTerms = Omit<SessionTerms, Origin> & { readonly [K in Origin]?: string | undefined }

type Clocks = Pick<SessionFacts, 'seenAt' | 'idleMs' | 'startedAt' | 'lifetimeMs'>

/**
 * All facts that requests read come from here, field by field: a spread takes five times as long, and V8 gives what it makes several layouts, each of which
 * costs whoever reads it (measured on Node 20). Fields that this version does not know are left out, and a notice that is not named.
 */
export function factsFrom(terms: GivenTerms, times: Times, notice?: SessionNotice): SessionFacts {
  const { id, idleMs, lifetimeMs, persistent, indexes, address, agent, certificate } = terms
  const { createdAt, startedAt, authenticatedAt, seenAt } = times
  const facts: Writable<SessionFacts> = { id, idleMs, lifetimeMs, persistent, indexes, createdAt, startedAt, authenticatedAt, seenAt }
  if (address !== undefined) facts.address = address
  if (agent !== undefined) facts.agent = agent
  if (certificate !== undefined) facts.certificate = certificate
  if (notice !== undefined) facts.notice = notice
  return facts
}

export function factsOfNew(terms: SessionTerms, now: number): SessionFacts {
  const authenticatedAt = terms.indexes[USER_INDEX] === undefined ? null : now
  return factsFrom({ ...terms, indexes: copyText(terms.indexes) }, { createdAt: now, startedAt: now, authenticatedAt, seenAt: now })
}

/** Both clocks start again. */
export function factsOfRotated(facts: SessionFacts, changes: SessionChanges, now: number): SessionFacts {
  const terms = changedTerms(facts, changes)
  const authenticatedAt = terms.indexes[USER_INDEX] === undefined ? null : now
  return factsFrom(terms, { createdAt: facts.createdAt, startedAt: now, authenticatedAt, seenAt: now })
}

/** The times stay, even if the terms come from a caller who spread a whole set of facts into them. */
export function factsOfUpdated(facts: SessionFacts, changes: SessionChanges): SessionFacts {
  if (changes.terms === undefined && changes.indexes === undefined) return facts
  const { createdAt, startedAt, seenAt } = facts
  const terms = changedTerms(facts, changes)
  const authenticatedAt = terms.indexes[USER_INDEX] === undefined ? null : facts.authenticatedAt
  return factsFrom(terms, { createdAt, startedAt, authenticatedAt, seenAt }, facts.notice)
}

export function factsOfSlid(facts: SessionFacts, now: number): SessionFacts {
  const { createdAt, startedAt, authenticatedAt, notice } = facts
  return factsFrom(facts, { createdAt, startedAt, authenticatedAt, seenAt: now }, notice)
}

/** Whether a load that slides must move the stored time, in a store that does not at every load. */
export function isSlideDue({ idleMs }: Clocks, sinceSeenMs: number): boolean {
  return sinceSeenMs >= idleMs / SLIDES_PER_SPAN
}

/** The earlier of both clocks; at this very millisecond the session is over. */
export function expiresAt(clocks: Clocks): number {
  return Math.min(idleEnd(clocks), absoluteEnd(clocks))
}

export function isLive(clocks: Clocks, now: number): boolean {
  return now < expiresAt(clocks)
}

/** Which of the clocks ends the session. */
export function clockOfEnd(clocks: Clocks): 'idle' | 'absolute' {
  return idleEnd(clocks) < absoluteEnd(clocks) ? 'idle' : 'absolute'
}

/** When the session ends if nobody comes. */
export function idleEnd({ seenAt, idleMs }: Clocks): number {
  return seenAt + idleMs
}

/** When it ends however often somebody comes; infinite if the lifetime is off. */
export function absoluteEnd({ startedAt, lifetimeMs }: Clocks): number {
  return lifetimeMs === null ? Number.POSITIVE_INFINITY : startedAt + lifetimeMs
}

function changedTerms(facts: SessionFacts, { terms, indexes }: SessionChanges): SessionTerms {
  return { ...facts, ...terms, indexes: mergeText(facts.indexes, indexes) }
}
