// Values of a session: maps without a prototype. Every function makes a new map, never alters one.
import type { SessionChanges, SessionValues } from '../../lib/store.js'

/** `changes` on top; what is `null` there is dropped. */
export function mergedText(source: SessionValues, changes: Readonly<Record<string, string | null>> = {}): Record<string, string> {
  const next: Record<string, string> = Object.assign(Object.create(null), source)
  for (const [key, text] of Object.entries(changes)) {
    if (text === null) delete next[key]
    else next[key] = text
  }
  return next
}

/** Whether each of these keys still has this text (`null`: is absent). */
export function meetsExpectations(values: SessionValues, { expect }: SessionChanges): boolean {
  return expect === undefined || Object.entries(expect).every(([key, text]) => (values[key] ?? null) === text)
}

/** `clear`, `unset`, `set`, in the order of the contract. */
export function changedValues(values: SessionValues, { clear, unset, set }: SessionChanges): SessionValues {
  const next = mergedText(values)
  if (clear !== undefined) for (const key of Object.keys(next)) if (!clear.keep.includes(key)) delete next[key]
  for (const key of unset ?? []) delete next[key]
  return Object.assign(next, set)
}

/** Then nothing need be written, and no other process's write can be lost by it. */
export function changesNothing({ clear, unset = [], set = {}, indexes = {}, terms = {} }: SessionChanges): boolean {
  return clear === undefined && unset.length === 0 && [set, indexes, terms].every((part) => Object.keys(part).length === 0)
}
