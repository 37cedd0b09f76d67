// Texts in one text, without escapes: before each stands its length as one character. Shorter than JSON, where a value that is JSON
// text itself has a backslash before every quote, and quicker to read.

/** Lengths are far below the surrogates, since what does not fit into a few cookies is refused before it is sealed. */
export function joinFields(fields: readonly string[]): string {
  let text = ''
  for (const field of fields) text += String.fromCharCode(field.length) + field
  return text
}

export function splitFields(text: string): string[] {
  const fields: string[] = []
  for (let at = 0; at < text.length; ) {
    const end = at + 1 + text.charCodeAt(at)
    fields.push(text.slice(at + 1, end))
    at = end
  }
  return fields
}

/** Keys and texts by turns. */
export function pairsOf(map: Readonly<Record<string, string>>): string[] {
  const pairs: string[] = []
  for (const key of Object.keys(map)) pairs.push(key, map[key] ?? '')
  return pairs
}

/** Without a prototype, so that no key is special. */
export function mapOf(fields: readonly string[], from: number, to: number): Record<string, string> {
  const map: Record<string, string> = Object.create(null)
  for (let at = from; at < to; at += 2) map[fields[at] ?? ''] = fields[at + 1] ?? ''
  return map
}
