// Sessions that are told when they are going to be ended: their lifetime is cut short, and the one that their terms named waits for the next rotation.

import { absoluteEnd } from '../../lib/facts.js'
import type { SessionChanges, SessionFacts, SessionNotice } from '../../lib/store.js'
import type { StoredEntry } from './session-table.js'

/** When it ends now. */
export function putNotice(entry: StoredEntry, message: string, latest: number): SessionFacts {
  const { facts } = entry
  const endsAt = Math.min(absoluteEnd(facts), latest)
  entry.ordinary ??= { lifetimeMs: facts.lifetimeMs }
  return { ...facts, lifetimeMs: endsAt - facts.startedAt, notice: { message, endsAt } }
}

/** As the facts would be without it. */
export function takeNotice(entry: StoredEntry): SessionFacts {
  const { facts, ordinary } = entry
  if (ordinary === null) return facts
  entry.ordinary = null
  const { notice: _, ...others } = facts
  return { ...others, lifetimeMs: ordinary.lifetimeMs }
}

/** Another lifetime becomes the one that waits; the end that was told stays, or comes nearer. */
export function keepNotice(entry: StoredEntry, facts: SessionFacts, { terms }: SessionChanges): SessionFacts {
  const notice: SessionNotice | undefined = facts.notice
  if (notice === undefined || terms?.lifetimeMs === undefined) return facts
  entry.ordinary = { lifetimeMs: terms.lifetimeMs }
  return { ...facts, lifetimeMs: Math.min(absoluteEnd(facts), notice.endsAt) - facts.startedAt }
}
