// Changes applied to the values of a session, in the contract's order: for the draft, and for stores that do it in JavaScript.
import type { SessionChanges, SessionValues } from './store.js'

/**
 * An object without inherited keys: an assignment to `__proto__` is one like any other. An instance, since V8 keeps what `Object.create(null)` makes in
 * a slow hash table.
 */
export function blank(): Record<string, string> {
  return new Blank() as Record<string, string>
}

class Blank {}
Object.setPrototypeOf(Blank.prototype, null)
Reflect.deleteProperty(Blank.prototype, 'constructor')

/** Frozen, as everything here: what a load handed out must never change. */
export function copyText(source: SessionValues): SessionValues {
  return Object.freeze(Object.assign(blank(), source))
}

/** With these texts set, and without those that are `null`. */
export function mergeText(source: SessionValues, changes: Readonly<Record<string, string | null>> = {}): SessionValues {
  const next = Object.assign(blank(), source)
  for (const [key, text] of Object.entries(changes)) {
    if (text === null) delete next[key]
    else next[key] = text
  }
  return Object.freeze(next)
}

/** Whether each of these keys still has this text (`null`: is absent). */
export function meetsExpectations(values: SessionValues, expected: SessionChanges['expect']): boolean {
  return expected === undefined || Object.entries(expected).every(([key, text]) => (values[key] ?? null) === text)
}

/** `clear`, `unset`, `set`. */
export function changedValues(values: SessionValues, { clear, unset, set }: SessionChanges): SessionValues {
  if (clear === undefined && unset === undefined && set === undefined) return values
  const next = clear === undefined ? Object.assign(blank(), values) : only(values, clear.keep)
  for (const key of unset ?? []) delete next[key]
  return Object.freeze(Object.assign(next, set))
}

function only(values: SessionValues, keys: readonly string[]): Record<string, string> {
  const kept = blank()
  for (const key of keys) {
    const text = values[key]
    if (text !== undefined) kept[key] = text
  }
  return kept
}
