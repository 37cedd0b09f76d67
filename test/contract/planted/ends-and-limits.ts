// Faults of what ends many sessions, ends them later, or limits them.
import { type PlantedBug, withCalls, withIndex } from './kit.js'

export const END_AND_LIMIT_BUGS: readonly PlantedBug[] = [
  {
    bug: 'a scan counts places that move up when a session ends',
    caughtIn: ['all sessions'],
    plant: (honest) => {
      const handles = new Set<string>()
      const store = withIndex(honest, {
        scan: (cursor) => {
          const live = [...handles].map((handle) => honest.index.find(handle)).filter((entry) => entry !== null)
          const from = Number(cursor ?? 0)
          return { entries: live.slice(from, from + 50), next: live.length > from + 50 ? String(from + 50) : null }
        },
      })
      return {
        ...store,
        create: (record) => {
          const made = honest.create(record)
          handles.add(made.handle)
          return made
        },
      }
    },
  },
  {
    bug: 'endAll ends those who are signed in only',
    caughtIn: ['all sessions'],
    plant: (honest) => {
      const users = new Set<string>()
      const store = withIndex(honest, {
        endAll: () => {
          for (const user of users) honest.index.endBy('userId', user)
        },
      })
      return {
        ...store,
        create: (record) => {
          users.add(record.terms.indexes['userId'] ?? '')
          return honest.create(record)
        },
      }
    },
  },
  {
    bug: 'endAll goes on ending what is made later',
    caughtIn: ['all sessions'],
    plant: (honest) => {
      let over = false
      const store = withIndex(honest, {
        endAll: () => {
          over = true
          honest.index.endAll()
        },
      })
      return { ...store, load: (token, options) => (over ? null : honest.load(token, options)) }
    },
  },
  {
    bug: 'endIn puts an end off that was near',
    caughtIn: ['notices'],
    plant: (honest) =>
      withIndex(honest, {
        endIn: (handle, ms, message) => {
          const ends = honest.index.endIn(handle, ms, message)
          return ends === null ? null : Math.max(ends, (honest.index.find(handle)?.now ?? 0) + ms)
        },
      }),
  },
  {
    bug: 'a rotation goes on with the end that was told',
    caughtIn: ['notices'],
    plant: (honest) =>
      withCalls(honest, {
        rotate: (token, changes) => {
          const found = honest.load(token, { slide: false })
          const lifetimeMs = found === null || found === 'reused' ? undefined : found.facts.lifetimeMs
          return honest.rotate(token, lifetimeMs === undefined ? changes : { ...changes, terms: { lifetimeMs, ...changes.terms } })
        },
      }),
  },
  {
    bug: 'an admission counts the sessions that are there, and two at a time count the same',
    caughtIn: ['limits'],
    plant: (honest) =>
      withIndex(honest, {
        admit: async (index, value, handle, { max }) => {
          const others = honest.index.list(index, value).filter((entry) => entry.handle !== handle)
          await Promise.resolve()
          return others.slice(0, Math.max(others.length + 1 - max, 0)).map((entry) => entry.handle)
        },
      }),
  },
  {
    bug: 'a reservation is a look at what is free',
    caughtIn: ['limits'],
    plant: (honest) => withIndex(honest, { reserve: (index, value, _place, max) => honest.index.count(index, value) < max }),
  },
  {
    bug: 'a place is not given back',
    caughtIn: ['limits'],
    plant: (honest) => withIndex(honest, { release: () => {} }),
  },
]
