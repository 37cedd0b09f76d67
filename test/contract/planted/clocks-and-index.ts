// Faults of the clocks and of the index.
import { type PlantedBug, withCalls, withIndex } from './kit.js'

export const CLOCK_AND_INDEX_BUGS: readonly PlantedBug[] = [
  {
    bug: 'a slide passes the absolute lifetime',
    caughtIn: ['clocks'],
    plant: (honest) =>
      withCalls(honest, {
        load: (token, options) => {
          const found = honest.load(token, options)
          if (options.slide && found !== null && found !== 'reused' && found.facts.lifetimeMs !== null) {
            honest.update(token, { terms: { lifetimeMs: found.now - found.facts.startedAt + found.facts.lifetimeMs } })
          }
          return found
        },
      }),
  },
  {
    bug: 'a load slides when it is told not to',
    caughtIn: ['clocks'],
    plant: (honest) => withCalls(honest, { load: (token) => honest.load(token, { slide: true }) }),
  },
  {
    bug: 'an update slides',
    caughtIn: ['clocks'],
    plant: (honest) =>
      withCalls(honest, {
        update: (token, changes) => {
          honest.load(token, { slide: true })
          return honest.update(token, changes)
        },
      }),
  },
  {
    bug: 'a rotation keeps the certificate that the session was bound to before',
    caughtIn: ['terms and times'],
    plant: (honest) =>
      withCalls(honest, {
        rotate: (token, { terms: { certificate: _dropped, ...terms } = {}, ...changes }) => honest.rotate(token, { ...changes, terms }),
      }),
  },
  {
    bug: 'the index counts sessions that have expired or ended',
    caughtIn: ['index', 'manager'],
    plant: (honest) => {
      const created: { readonly name: string; readonly value: string }[] = []
      const store = withIndex(honest, {
        count: (name, value) => created.filter((entry) => entry.name === name && entry.value === value).length,
      })
      return {
        ...store,
        create: (record) => {
          for (const [name, value] of Object.entries(record.terms.indexes)) created.push({ name, value })
          return honest.create(record)
        },
      }
    },
  },
  {
    bug: 'ending all sessions but one ends that one too',
    caughtIn: ['manager'],
    plant: (honest) => withIndex(honest, { endBy: (name, value) => honest.index.endBy(name, value) }),
  },
  {
    bug: 'a list shows what works as a cookie',
    caughtIn: ['index'],
    plant: (honest) => {
      const tokens = new Map<string, string>()
      const store = withIndex(honest, {
        find: (handle) => {
          const entry = honest.index.find(handle)
          return entry && { ...entry, facts: { ...entry.facts, agent: tokens.get(handle) ?? '' } }
        },
      })
      return {
        ...store,
        rotate: (token, changes) => {
          const rotated = honest.rotate(token, changes)
          if (rotated !== null) tokens.set(rotated.handle, rotated.token)
          return rotated
        },
      }
    },
  },
]
