// The memory store with one fault each, of kinds that real session stores had. The suite must find every one.
import type { SessionIndex, SessionStore } from '../../../lib/store.js'
import type { MemoryStore } from '../../../stores/memory.js'

export interface PlantedBug {
  readonly bug: string
  /** Each of these themes has at least one rule that fails. */
  readonly caughtIn: readonly string[]
  readonly plant: (honest: MemoryStore) => SessionStore
}

/** The honest store with some calls replaced. */
export function withCalls(honest: MemoryStore, calls: Partial<SessionStore>): SessionStore {
  return {
    name: honest.name,
    index: honest.index,
    create: (record) => honest.create(record),
    load: (token, options) => honest.load(token, options),
    update: (token, changes) => honest.update(token, changes),
    rotate: (token, changes) => honest.rotate(token, changes),
    destroy: (token) => honest.destroy(token),
    ...calls,
  }
}

export function withIndex(honest: MemoryStore, calls: Partial<SessionIndex>): SessionStore {
  const { index } = honest
  return withCalls(honest, {
    index: {
      find: (handle) => index.find(handle),
      list: (name, value, page) => index.list(name, value, page),
      count: (name, value) => index.count(name, value),
      end: (handle) => index.end(handle),
      endBy: (name, value, options) => index.endBy(name, value, options),
      reassign: (name, from, to, text) => index.reassign(name, from, to, text),
      scan: (cursor) => index.scan(cursor),
      endAll: () => index.endAll(),
      endIn: (handle, ms, message) => index.endIn(handle, ms, message),
      admit: (name, value, handle, admission) => index.admit(name, value, handle, admission),
      reserve: (name, value, place, max) => index.reserve(name, value, place, max),
      release: (name, value, place) => index.release(name, value, place),
      ...calls,
    },
  })
}
