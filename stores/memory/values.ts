// Values of a session in memory: frozen maps without a prototype, replaced as a whole, so that what a load handed out never changes.
import type { SessionChanges, SessionValues } from '../../lib/store.js'

export function copyText(source: Readonly<Record<string, string>>): SessionValues {
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
  if (expected === undefined) return true
  return Object.entries(expected).every(([key, text]) => (values[key] ?? null) === text)
}

/** `clear`, `unset`, `set`, in the order of the contract. */
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

/**
 * An object without inherited keys: an assignment to `__proto__` is one like any other. An instance, since V8 keeps what `Object.create(null)` makes in
 * a slow hash table.
 */
function blank(): Record<string, string> {
  return new Blank() as Record<string, string>
}

class Blank {}
Object.setPrototypeOf(Blank.prototype, null)
Reflect.deleteProperty(Blank.prototype, 'constructor')
