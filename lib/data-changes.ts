// Changes of a session's data, held against the limits.
import { changedValues } from './apply.js'
import { SessionDataError } from './errors.js'
import type { SessionChanges, SessionValues } from './store.js'

/** The part of the changes that concerns data. */
export type DataChanges = Pick<SessionChanges, 'clear' | 'unset' | 'set'>

export function assertKey(key: unknown): void {
  if (typeof key !== 'string') throw new TypeError(`session key: expected a string, got ${typeof key}`)
  if (!key.isWellFormed()) throw new SessionDataError(key, 'a key with half a character (a lone surrogate) cannot be stored')
}

/** Throws `SessionDataError` if the data would take more than `maxBytes` after the changes. */
export function assertSize(stored: SessionValues, changes: DataChanges, maxBytes: number): void {
  if (surelyFits(stored, changes.set ?? {}, maxBytes)) return
  const after = changedValues(stored, changes)
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
