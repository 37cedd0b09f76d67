// A memory store on a clock that only the test moves.
import type { SessionRecord, SessionTerms, StoreEvent } from '../../lib/store.js'
import { type MemoryStore, type MemoryStoreOptions, memoryStore } from '../../stores/memory.js'

export interface ClockedStore {
  readonly store: MemoryStore
  readonly events: StoreEvent[]
  readonly advance: (ms: number) => void
}

const START = Date.UTC(2026, 10, 21)

export function clockedStore(options: Omit<MemoryStoreOptions, 'clock'> = {}): ClockedStore {
  let now = START
  const store = memoryStore({ ...options, clock: () => now })
  const events: StoreEvent[] = []
  store.listen((event) => events.push(event))
  return {
    store,
    events,
    advance: (ms) => {
      now += ms
    },
  }
}

/** A session of an hour's idle span and a day's lifetime, unless the terms say otherwise. */
export function record(terms: Partial<SessionTerms> = {}, values: Record<string, string> = {}): SessionRecord {
  return { values, terms: { id: 'id', idleMs: 3_600_000, lifetimeMs: 86_400_000, persistent: true, indexes: {}, ...terms } }
}
