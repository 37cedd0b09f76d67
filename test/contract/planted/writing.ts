// Faults of writers: what gets lost, and what comes back.

import { changedValues } from '../../../lib/apply.js'
import type { SessionChanges, StoredSession } from '../../../lib/store.js'
import { type PlantedBug, withCalls } from './kit.js'

export const WRITING_BUGS: readonly PlantedBug[] = [
  {
    bug: 'a create overwrites the session before it',
    caughtIn: ['create, load, destroy'],
    plant: (honest) => {
      let last: StoredSession | null = null
      const overwrite = ({ token }: StoredSession, set: SessionChanges['set'] = {}): StoredSession | null =>
        honest.rotate(token, { clear: { keep: [] }, set })
      return withCalls(honest, {
        create: (record) => {
          last = (last && overwrite(last, record.values)) ?? honest.create(record)
          return last
        },
      })
    },
  },
  {
    bug: 'an update creates the session that is gone',
    caughtIn: ['no resurrection', 'rotation', 'manager'],
    plant: (honest) => {
      const revived = new Map<string, string>()
      const current = (token: string): string => revived.get(token) ?? token
      return withCalls(honest, {
        load: (token, options) => honest.load(current(token), options),
        update: (token, changes) => {
          const result = honest.update(current(token), changes)
          if (result.outcome !== 'gone') return result
          const terms = { id: 'revived', idleMs: 1e9, lifetimeMs: null, persistent: true, indexes: {} }
          revived.set(token, honest.create({ values: changes.set ?? {}, terms }).token)
          return { outcome: 'saved', token }
        },
      })
    },
  },
  {
    bug: 'clear ignores the keys that its writer never saw',
    caughtIn: ['overlapping writers'],
    plant: (honest) => {
      const seen = new Map<string, Set<string>>()
      const see = (token: string, keys: Iterable<string>): void => {
        seen.set(token, new Set([...(seen.get(token) ?? []), ...keys]))
      }
      return withCalls(honest, {
        create: (record) => {
          const made = honest.create(record)
          see(made.token, Object.keys(record.values))
          return made
        },
        load: (token, options) => {
          const found = honest.load(token, options)
          if (found !== null && found !== 'reused') see(token, Object.keys(found.values))
          return found
        },
        update: (token, { clear, ...changes }) => {
          const dropped = clear === undefined ? [] : [...(seen.get(token) ?? [])].filter((key) => !clear.keep.includes(key))
          return honest.update(token, { ...changes, unset: [...dropped, ...(changes.unset ?? [])] })
        },
      })
    },
  },
  {
    bug: 'an update reads, merges and writes back the whole session',
    caughtIn: ['overlapping writers'],
    plant: (honest) =>
      withCalls(honest, {
        update: async (token, changes) => {
          const found = honest.load(token, { slide: false })
          await Promise.resolve()
          if (found === null || found === 'reused') return { outcome: 'gone' }
          return honest.update(token, { ...changes, clear: { keep: [] }, unset: [], set: changedValues(found.values, changes) })
        },
      }),
  },
  {
    bug: 'expect is judged in one step and applied in another',
    caughtIn: ['overlapping writers'],
    plant: (honest) =>
      withCalls(honest, {
        update: async (token, { expect, ...changes }) => {
          const judged = honest.update(token, { ...(expect !== undefined && { expect }) })
          await Promise.resolve()
          return judged.outcome === 'saved' ? honest.update(token, changes) : judged
        },
      }),
  },
]
