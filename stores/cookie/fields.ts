// Texts in one text, without escapes: before each stands its length as one character. Shorter than JSON, where a value that is JSON
// text itself has a backslash before every quote, and quicker to read.

/** Lengths are far below the surrogates, since what does not fit into a few cookies is refused before it is sealed. */
export function joinFields(fields: readonly string[]): string {
  let text = ''
  for (const field of fields) text += String.fromCharCode(field.length) + field
  return text
}

/** Keys and texts by turns. */
export function pairsOf(map: Readonly<Record<string, string>>): string[] {
  const pairs: string[] = []
  for (const [key, text] of Object.entries(map)) pairs.push(key, text)
  return pairs
}

export class FieldReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  next(): string {
    const from = this.#at + 1
    this.#at = from + this.#text.charCodeAt(this.#at)
    return this.#text.slice(from, this.#at)
  }

  /** So many pairs, or all that are left. Without a prototype, so that no key is special. */
  nextMap(pairs: number = Number.POSITIVE_INFINITY): Record<string, string> {
    const map: Record<string, string> = Object.create(null)
    for (let n = 0; n < pairs && this.#at < this.#text.length; n++) {
      const key = this.next()
      map[key] = this.next()
    }
    return map
  }
}
