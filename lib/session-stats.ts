// Numbers about sessions: of the process since it started, from events; of the store, by one look at all of it.

import type { EndReason, SessionEmitter } from './events.js'
import { everySession, type Lister } from './session-lists.js'
import { USER_INDEX } from './store.js'

export interface SessionStats {
  /** Live sessions in the store. */
  readonly active: number
  /** Of those, with a user. */
  readonly signedIn: number
  readonly users: number
  /** Signed-in sessions per user; 0 without any. */
  readonly sessionsPerUser: number
  /** Seconds since the creation, on average; 0 without any. */
  readonly meanAge: number
  /** By this process since it started. */
  readonly created: number
  /** That this process ended or saw ending, since it started. */
  readonly ended: Readonly<Partial<Record<EndReason, number>>>
}

export interface Counters {
  readonly created: () => number
  readonly ended: () => Readonly<Partial<Record<EndReason, number>>>
}

export function countEvents(events: SessionEmitter): Counters {
  let created = 0
  const ended: Partial<Record<EndReason, number>> = {}
  events.on('created', () => {
    created += 1
  })
  events.on('ended', ({ reason }) => {
    ended[reason] = (ended[reason] ?? 0) + 1
  })
  return { created: () => created, ended: () => ({ ...ended }) }
}

export async function sessionStats(lister: Lister, counters: Counters): Promise<SessionStats> {
  let [active, signedIn, ages] = [0, 0, 0]
  const users = new Set<string>()
  for await (const { facts, now } of everySession(lister, null, {})) {
    active += 1
    ages += now - facts.createdAt
    const userId = facts.indexes[USER_INDEX]
    if (userId === undefined) continue
    signedIn += 1
    users.add(userId)
  }
  return {
    active,
    signedIn,
    users: users.size,
    sessionsPerUser: users.size === 0 ? 0 : signedIn / users.size,
    meanAge: active === 0 ? 0 : ages / active / 1000,
    created: counters.created(),
    ended: counters.ended(),
  }
}
