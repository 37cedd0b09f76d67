// One value of a session as text: JSON, behind `~<deadline>~` if the key has a time to live of its own.
import { SessionDataError } from './errors.js'

/** How deep a value may nest. */
export const MAX_DEPTH = 32

/** The value under `key` as text. `deadline`: milliseconds after the session's creation. Throws `SessionDataError`. */
export function toText(key: string, value: unknown, deadline: number | null): string {
  const json = toJson(key, value)
  return deadline === null ? json : `~${deadline}~${json}`
}

/** Throws `SessionDataError` at once for what can never be stored, so that the mistake shows where it is made. */
export function assertStorableKind(key: string, value: unknown): void {
  const problem = unstorable(value)
  if (problem !== null) throw new SessionDataError(key, problem)
}

/** When the text's key ends, in milliseconds after the session's creation; `null`: with the session. */
export function deadlineOf(text: string): number | null {
  if (!text.startsWith('~')) return null
  return Number(text.slice(1, text.indexOf('~', 1)))
}

/** The value that a text stands for. Throws `SessionDataError` if the stored text is damaged. */
export function fromText(key: string, text: string): unknown {
  const json = text.startsWith('~') ? text.slice(text.indexOf('~', 1) + 1) : text
  try {
    // An own `__proto__` inside a value would swap a prototype at the application's next Object.assign.
    return mayHoldProto(json) ? JSON.parse(json, dropProto) : JSON.parse(json)
  } catch (cause) {
    throw new SessionDataError(key, 'the stored value is damaged', { cause })
  }
}

/** Whether the value still reads as this text; costs one pass, and is what an object that was only looked at pays. */
export function readsAs(value: unknown, deadline: number | null, text: string | undefined): boolean {
  try {
    const json = JSON.stringify(value)
    if (text === (deadline === null ? json : `~${deadline}~${json}`)) return true
    // What was read was read without a nested __proto__.
    return text !== undefined && mayHoldProto(text) && deadlineOf(text) === deadline && json === JSON.stringify(fromText('', text))
  } catch {
    return false
  }
}

function toJson(key: string, value: unknown): string {
  let json: string | undefined
  try {
    assertStorable(key, value, 0)
    json = JSON.stringify(value)
    if (json?.includes('"__proto__"')) json = JSON.stringify(JSON.parse(json, dropProto))
  } catch (cause) {
    if (cause instanceof SessionDataError) throw cause
    throw new SessionDataError(key, 'JSON.stringify refuses the value', { cause })
  }
  if (json === undefined) throw new SessionDataError(key, 'JSON has no form for the value')
  return json
}

function assertStorable(key: string, value: unknown, depth: number): void {
  const problem = unstorable(value)
  if (problem !== null) throw new SessionDataError(key, problem)
  if (typeof value !== 'object' || value === null || hasOwnForm(value)) return
  if (depth >= MAX_DEPTH) throw new SessionDataError(key, `nests deeper than ${MAX_DEPTH}, or contains itself`)
  for (const part of Array.isArray(value) ? value : Object.values(value)) assertStorable(key, part, depth + 1)
}

function unstorable(value: unknown): string | null {
  if (typeof value === 'bigint') return 'a BigInt cannot be stored; write it as a string'
  if (typeof value === 'function') return 'a function cannot be stored'
  if (typeof value === 'symbol') return 'a symbol cannot be stored'
  if (value instanceof Map || value instanceof Set) return 'a Map or a Set cannot be stored; write it as an array'
  return null
}

function hasOwnForm(value: object): boolean {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}

function mayHoldProto(json: string): boolean {
  return json.includes('__proto__') || json.includes('\\u')
}

function dropProto(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}
