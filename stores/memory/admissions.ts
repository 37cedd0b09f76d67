// So many sessions of one index value and no more. All in one process and in one step: who was admitted stands at the session itself, and goes with it.

import type { Admission } from '../../lib/store.js'
import type { StoredEntry } from './session-table.js'

/** What a session has at an index that limits it. */
export interface Place {
  readonly value: string
  readonly priority: number
  /** Counts admissions. */
  readonly since: number
  /** It has to go, and is never admitted again. */
  readonly marked: boolean
}

/** A reservation without a session, and a session that nobody admitted: longer than a request goes on. */
const KEPT_MS = 10_000

export class Admissions {
  private readonly sessionsOf: (index: string, value: string) => StoredEntry[]
  private readonly clock: () => number
  /** Place → until when it is reserved, by value. */
  private readonly reserved: Map<string, Map<string, number>> = new Map()
  private count = 0

  constructor(sessionsOf: (index: string, value: string) => StoredEntry[], clock: () => number) {
    this.sessionsOf = sessionsOf
    this.clock = clock
  }

  admit(index: string, value: string, handle: string, { max, priority: given, place, order = [] }: Admission): string[] {
    const sessions = this.sessionsOf(index, value)
    const own = sessions.find((entry) => entry.handle === handle)
    const lapsed = place !== undefined && !this.release(index, value, place)
    const mine = own === undefined ? undefined : placeOf(own, index, value)
    const priority = given ?? mine?.priority ?? 0
    if (own !== undefined && mine?.marked !== true) put(own, index, { value, priority, since: ++this.count, marked: false })
    const admitted = sessions.filter((entry) => entry === own || this.isAdmitted(entry, index, value))
    const rank = (entry: StoredEntry): readonly number[] => {
      const { priority, since } = placeOf(entry, index, value) ?? { priority: 0, since: 0 }
      const named = order.indexOf(entry.handle)
      const turn = entry === own ? order.length + 1 : named < 0 ? order.length : named
      return [entry === own && lapsed ? 0 : 1, priority, turn, since, entry.facts.startedAt]
    }
    const staying = admitted.filter((entry) => placeOf(entry, index, value)?.marked !== true).sort((a, b) => compare(rank(a), rank(b)))
    const excess = staying.length + this.placesOf(index, value).size - max
    for (const entry of staying.slice(0, Math.max(excess, 0))) mark(entry, index, value)
    return sessions.filter((entry) => placeOf(entry, index, value)?.marked === true).map((entry) => entry.handle)
  }

  reserve(index: string, value: string, place: string, max: number): boolean {
    const places = this.placesOf(index, value)
    places.delete(place)
    const staying = this.sessionsOf(index, value).filter((entry) => this.isAdmitted(entry, index, value) && !isMarked(entry, index, value))
    if (staying.length + places.size >= max) return false
    places.set(place, this.clock() + KEPT_MS)
    this.forgetOld()
    this.reserved.delete(keyOf(index, value))
    this.reserved.set(keyOf(index, value), places)
    return true
  }

  /** Whether it was reserved. */
  release(index: string, value: string, place: string): boolean {
    const places = this.placesOf(index, value)
    const was = places.delete(place)
    if (places.size === 0) this.reserved.delete(keyOf(index, value))
    return was
  }

  /** The value that got a place last stands last. */
  private forgetOld(): void {
    const now = this.clock()
    for (const [key, places] of this.reserved) {
      if ([...places.values()].some((until) => until > now)) return
      this.reserved.delete(key)
    }
  }

  /** One that is older was there before there was a limit; a younger one is a sign-in under way. */
  private isAdmitted(entry: StoredEntry, index: string, value: string): boolean {
    return placeOf(entry, index, value) !== undefined || this.clock() - entry.facts.startedAt > KEPT_MS
  }

  private placesOf(index: string, value: string): Map<string, number> {
    const now = this.clock()
    const places = this.reserved.get(keyOf(index, value)) ?? new Map<string, number>()
    for (const [place, until] of places) if (until <= now) places.delete(place)
    return places
  }
}

/** Those of lists and counts: a session that has to go is over for them. */
export function isMarked(entry: StoredEntry, index: string, value: string): boolean {
  return placeOf(entry, index, value)?.marked === true
}

/** None if it has left that value. */
function placeOf(entry: StoredEntry, index: string, value: string): Place | undefined {
  const place = entry.places?.get(index)
  return place?.value === value ? place : undefined
}

function put(entry: StoredEntry, index: string, place: Place): void {
  entry.places ??= new Map()
  entry.places.set(index, place)
}

function mark(entry: StoredEntry, index: string, value: string): void {
  const { priority, since } = placeOf(entry, index, value) ?? { priority: 0, since: 0 }
  put(entry, index, { value, priority, since, marked: true })
}

function keyOf(index: string, value: string): string {
  return `${index.length}:${index}${value}`
}

function compare(a: readonly number[], b: readonly number[]): number {
  const n = a.findIndex((number, place) => number !== b[place])
  return (a[n] ?? 0) - (b[n] ?? 0)
}
