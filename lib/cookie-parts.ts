// A sealed token that one cookie cannot hold has parts, separated by dots, and travels in several: `sid.0`, `sid.1` …
import type { SessionConfig } from './options.js'

/** Names under which parts of a token may come; none if the store seals none that long. */
export function partNames({ key, store }: SessionConfig): readonly string[] {
  const { tokenParts = 1 } = store
  return tokenParts === 1 ? [] : Array.from({ length: tokenParts }, (_, n) => `${key}.${n}`)
}

/** Names and values of the cookies that hold the value. */
export function inCookies(config: SessionConfig, value: string): readonly (readonly [name: string, value: string])[] {
  const names = partNames(config)
  const parts = names.length === 0 ? [value] : value.split('.')
  return parts.map((part, n) => [parts.length === 1 ? config.key : (names[n] ?? ''), part])
}

/** The token of its parts by name; `null` if one is missing or came twice. The store judges the rest. */
export function joined(parts: readonly (readonly string[])[]): string | null {
  const present = parts.slice(0, parts.findLastIndex((values) => values.length > 0) + 1)
  return present.length > 1 && present.every((values) => values.length === 1) ? present.flat().join('.') : null
}

/** Whether a `Set-Cookie` line is of our name or of a part's. */
export function isOurLine(config: SessionConfig, line: string): boolean {
  return [config.key, ...partNames(config)].some((name) => line.startsWith(`${name}=`))
}
