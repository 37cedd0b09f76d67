// How sessions are distributed, and what is unusual among them. Only counts; nothing leaves this machine.
import { type SessionEntry, USER_INDEX } from '../../lib/store.js'

export interface Bucket {
  readonly label: string
  readonly count: number
}

/** `of`: `null` stands for what is not known. */
export interface Top {
  readonly of: string | null
  readonly sessions: number
}

export interface Unusual {
  readonly what: 'userWithManySessions' | 'userWithManyAddresses' | 'addressWithManyUsers'
  readonly of: string
  readonly count: number
}

export interface Analysis {
  readonly sessions: number
  readonly signedIn: number
  readonly users: number
  readonly age: readonly Bucket[]
  readonly idle: readonly Bucket[]
  readonly topUsers: readonly Top[]
  readonly topAddresses: readonly Top[]
  readonly topAgents: readonly Top[]
  readonly unusual: readonly Unusual[]
}

/** From so many on it is said. A household or an office shares an address; an account that was sold has many. */
export const UNUSUAL: Readonly<Record<Unusual['what'], number>> = {
  userWithManySessions: 10,
  userWithManyAddresses: 5,
  addressWithManyUsers: 20,
}

const HOUR = 3_600_000
const SPANS: readonly (readonly [label: string, below: number])[] = [
  ['under 5m', HOUR / 12],
  ['5m to 1h', HOUR],
  ['1h to 1d', 24 * HOUR],
  ['1d to 7d', 7 * 24 * HOUR],
  ['7d to 30d', 30 * 24 * HOUR],
  ['over 30d', Number.POSITIVE_INFINITY],
]

export class Tally {
  #sessions = 0
  #signedIn = 0
  readonly #ages: number[] = SPANS.map(() => 0)
  readonly #idles: number[] = SPANS.map(() => 0)
  readonly #users = new Map<string, number>()
  readonly #agents = new Map<string, number>()
  readonly #addresses = new Map<string, number>()
  readonly #addressesOf = new Map<string, Set<string>>()
  readonly #usersAt = new Map<string, Set<string>>()

  add({ facts, now }: SessionEntry): void {
    const { address = '', agent = '', indexes } = facts
    const user = indexes[USER_INDEX]
    this.#sessions += 1
    count(this.#ages, now - facts.createdAt)
    count(this.#idles, now - facts.seenAt)
    raise(this.#agents, agent)
    raise(this.#addresses, address)
    if (user === undefined) return
    this.#signedIn += 1
    raise(this.#users, user)
    if (address === '') return
    join(this.#addressesOf, user, address)
    join(this.#usersAt, address, user)
  }

  result(limit: number): Analysis {
    return {
      sessions: this.#sessions,
      signedIn: this.#signedIn,
      users: this.#users.size,
      age: SPANS.map(([label], n) => ({ label, count: this.#ages[n] ?? 0 })),
      idle: SPANS.map(([label], n) => ({ label, count: this.#idles[n] ?? 0 })),
      topUsers: most(this.#users, limit),
      topAddresses: most(this.#addresses, limit),
      topAgents: most(this.#agents, limit),
      unusual: [
        ...unusual('userWithManySessions', this.#users, limit),
        ...unusual('userWithManyAddresses', sizes(this.#addressesOf), limit),
        ...unusual('addressWithManyUsers', sizes(this.#usersAt), limit),
      ],
    }
  }
}

function count(buckets: number[], ms: number): void {
  const place = SPANS.findIndex(([, below]) => ms < below)
  buckets[place] = (buckets[place] ?? 0) + 1
}

function raise(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function join(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([value]))
  else set.add(value)
}

function sizes(sets: ReadonlyMap<string, ReadonlySet<string>>): Map<string, number> {
  return new Map([...sets].map(([key, { size }]) => [key, size]))
}

/** Of equal counts always the same order. */
function sorted(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
}

function most(counts: ReadonlyMap<string, number>, limit: number): Top[] {
  const tops = sorted(counts).slice(0, limit)
  return tops.map(([key, sessions]) => ({ of: key === '' ? null : key, sessions }))
}

function unusual(what: Unusual['what'], counts: ReadonlyMap<string, number>, limit: number): Unusual[] {
  const many = sorted(counts).filter(([, count]) => count >= UNUSUAL[what])
  return many.slice(0, limit).map(([of, count]) => ({ what, of, count }))
}
