// Values of a session: maps without a prototype. Every function makes a new map, never alters one.
import type { SessionChanges, SessionValues } from '../../lib/store.js'

type Text = Record<string, string>

export function copyText(source: Readonly<Text>): Text {
  return Object.assign(Object.create(null), source)
}

/** With these texts set, and without those that are `null`. */
export function mergeText(source: SessionValues, changes: Readonly<Record<string, string | null>> = {}): Text {
  const next = copyText(source)
  for (const [key, text] of Object.entries(changes)) {
    if (text === null) delete next[key]
    else next[key] = text
  }
  return next
}

/** Whether each of these keys still has this text (`null`: is absent). */
export function meetsExpectations(values: SessionValues, expected: SessionChanges['expect']): boolean {
  return expected === undefined || Object.entries(expected).every(([key, text]) => (values[key] ?? null) === text)
}

/** `clear`, `unset`, `set`, in the order of the contract. */
export function changedValues(values: SessionValues, { clear, unset, set }: SessionChanges): SessionValues {
  const next = clear === undefined ? copyText(values) : only(values, clear.keep)
  for (const key of unset ?? []) delete next[key]
  return Object.assign(next, set)
}

function only(values: SessionValues, keys: readonly string[]): Text {
  const kept = copyText({})
  for (const key of keys) {
    const text = values[key]
    if (text !== undefined) kept[key] = text
  }
  return kept
}
