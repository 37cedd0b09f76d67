// Changes of a session's data as text: applied to what is stored, and held against the limits.
import { SessionDataError } from './errors.js'
import type { SessionChanges, SessionValues } from './store.js'

/** The part of the changes that concerns data. */
export type DataChanges = Pick<SessionChanges, 'clear' | 'unset' | 'set'>

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

export function assertKey(key: unknown): void {
  if (typeof key !== 'string') throw new TypeError(`session key: expected a string, got ${typeof key}`)
  if (!key.isWellFormed()) throw new SessionDataError(key, 'a key with half a character (a lone surrogate) cannot be stored')
}

/** Data changes applied to values, in the contract's order. */
export function applyData(values: SessionValues, changes: DataChanges): SessionValues {
  const after = blank()
  for (const key of changes.clear?.keep ?? Object.keys(values)) {
    const text = values[key]
    if (text !== undefined) after[key] = text
  }
  for (const key of changes.unset ?? []) delete after[key]
  for (const key of Object.keys(changes.set ?? {})) after[key] = changes.set?.[key] as string
  return after
}

/** Throws `SessionDataError` if the data would take more than `maxBytes` after the changes. */
export function assertSize(stored: SessionValues, changes: DataChanges, maxBytes: number): void {
  if (surelyFits(stored, changes.set ?? {}, maxBytes)) return
  const after = applyData(stored, changes)
  let bytes = 0
  let largest = ''
  for (const [key, text] of Object.entries(after)) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(text)
    if (text.length > (after[largest] ?? '').length) largest = key
  }
  if (bytes <= maxBytes) return
  throw new SessionDataError(
    largest,
    `the session would take ${bytes} bytes, more than the ${maxBytes} of maxBytes; this is its largest key`,
  )
}

/** Without looking at each character: none takes more than three bytes per UTF-16 unit. */
function surelyFits(stored: SessionValues, set: SessionValues, maxBytes: number): boolean {
  let units = 0
  for (const key in stored) units += key.length + (stored[key] as string).length
  for (const key in set) units += key.length + (set[key] as string).length
  return units * 3 <= maxBytes
}
