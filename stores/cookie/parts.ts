// A token that one cookie cannot hold has parts, separated by dots; each travels in a cookie of its own.

export const MAX_PARTS = 3

/** Parts of equal length, but for the last: a text and a count have one form only. */
export function inParts(text: string, count: number): string {
  if (count === 1) return text
  const length = partLength(text.length, count)
  return Array.from({ length: count }, (_, n) => text.slice(n * length, (n + 1) * length)).join('.')
}

/** Length of the longest part. */
export function partLength(length: number, count: number): number {
  return Math.ceil(length / count)
}

/** `null` unless the token has exactly the form that `inParts` writes. */
export function joinParts(token: string): { readonly text: string; readonly count: number } | null {
  if (!token.includes('.')) return { text: token, count: 1 }
  const parts = token.split('.', MAX_PARTS + 1)
  const text = parts.join('')
  return inParts(text, parts.length) === token ? { text, count: parts.length } : null
}
