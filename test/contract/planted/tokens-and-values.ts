// Faults with tokens and with the text of values.
import type { StoredSession } from '../../../lib/store.js'
import { parseToken } from '../../../lib/token.js'
import { type PlantedBug, withCalls } from './kit.js'

export const TOKEN_AND_VALUE_BUGS: readonly PlantedBug[] = [
  {
    bug: 'a rotation leaves the old token alive',
    caughtIn: ['rotation', 'no resurrection'],
    plant: (honest) => {
      const newer = new Map<string, string>()
      const current = (token: string): string => {
        const next = newer.get(token)
        return next === undefined ? token : current(next)
      }
      return withCalls(honest, {
        load: (token, options) => honest.load(current(token), options),
        update: (token, changes) => honest.update(current(token), changes),
        rotate: (token, changes) => {
          const rotated = honest.rotate(current(token), changes)
          if (rotated !== null) newer.set(current(token), rotated.token)
          return rotated
        },
      })
    },
  },
  {
    bug: 'values are parsed and written again',
    caughtIn: ['hostile data'],
    plant: (honest) =>
      withCalls(honest, {
        create: ({ values, terms }) =>
          honest.create({ values: Object.fromEntries(Object.entries(values).map(([key, text]) => [key, rewritten(text)])), terms }),
      }),
  },
  {
    bug: 'values go through a plain object',
    caughtIn: ['create, load, destroy', 'hostile data'],
    plant: (honest) =>
      withCalls(honest, {
        load: (token, options) => {
          const found = honest.load(token, options)
          return found === null || found === 'reused' ? found : { ...found, values: Object.assign({}, found.values) }
        },
      }),
  },
  {
    bug: 'the verifier is not looked at',
    caughtIn: ['tokens', 'rotation'],
    plant: (honest) => {
      const tokens = new Map<string, string>()
      const keep = <T extends StoredSession | null>(session: T): T => {
        if (session !== null) tokens.set(session.handle, session.token)
        return session
      }
      const real = (token: string): string => tokens.get(parseToken(token)?.handle ?? '') ?? token
      return withCalls(honest, {
        create: (record) => keep(honest.create(record)),
        load: (token, options) => honest.load(real(token), options),
        update: (token, changes) => honest.update(real(token), changes),
        rotate: (token, changes) => keep(honest.rotate(real(token), changes)),
      })
    },
  },
  {
    bug: 'a malformed token is an error',
    caughtIn: ['tokens'],
    plant: (honest) =>
      withCalls(honest, {
        load: (token, options) => {
          if (parseToken(token) === null) throw new RangeError('bad token')
          return honest.load(token, options)
        },
      }),
  },
]

function rewritten(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}
