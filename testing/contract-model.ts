// A plain map that the stores are compared with, and random changes for both. Seeded: a failure comes again.
import type { SessionChanges } from '../lib/store.js'

export type Random = () => number

/** mulberry32: between 0 and 1. */
export function seededRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const KEYS: readonly string[] = ['a', 'b', 'c', 'd', '__proto__', 'constructor', '', 'e.f']

export function nextChanges(random: Random, model: ReadonlyMap<string, string>, step: number): SessionChanges {
  const some = (share: number): string[] => KEYS.filter(() => random() < share)
  return {
    ...(random() < 0.3 && { expect: ownMap(some(0.3).map((key) => [key, random() < 0.9 ? (model.get(key) ?? null) : '"other"'])) }),
    ...(random() < 0.2 && { clear: { keep: some(0.5) } }),
    ...(random() < 0.4 && { unset: some(0.2) }),
    ...(random() < 0.8 && { set: ownMap(some(0.3).map((key, n) => [key, `"${step}.${n}"`])) }),
  }
}

/** The map after the changes; `null` if an expectation is not met. */
export function applyToModel(
  model: ReadonlyMap<string, string>,
  { expect = {}, clear, unset = [], set = {} }: SessionChanges,
): Map<string, string> | null {
  if (Object.entries(expect).some(([key, text]) => (model.get(key) ?? null) !== text)) return null
  const next = new Map([...model].filter(([key]) => clear === undefined || clear.keep.includes(key)))
  for (const key of unset) next.delete(key)
  for (const [key, text] of Object.entries(set)) next.set(key, text)
  return next
}

/** `Object.fromEntries` defines own properties, `__proto__` among them. */
function ownMap<T>(entries: [string, T][]): Record<string, T> {
  return Object.fromEntries(entries)
}
