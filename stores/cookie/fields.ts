// Texts in one text, without escapes: before each stands its length as one character. Shorter than JSON, where a value that is JSON
// text itself has a backslash before every quote, and quicker to read.
import { blank } from '../../lib/apply.js'
import type { SessionValues } from '../../lib/store.js'

/** Lengths are far below the surrogates, since what does not fit into a few cookies is refused before it is sealed. */
export function fieldOf(text: string): string {
  return String.fromCharCode(text.length) + text
}

/** Keys and texts by turns. */
export function fieldsOf(map: Readonly<Record<string, string>>): string {
  let fields = ''
  for (const key of Object.keys(map)) fields += fieldOf(key) + fieldOf(map[key] as string)
  return fields
}

export class FieldReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** What was read so far. */
  get passed(): string {
    return this.#text.slice(0, this.#at)
  }

  next(): string {
    const from = this.#at + 1
    this.#at = from + this.#text.charCodeAt(this.#at)
    return this.#text.slice(from, this.#at)
  }

  /** So many pairs, or all that are left. Frozen: what was opened may be handed out again. */
  nextMap(pairs: number = Number.POSITIVE_INFINITY): SessionValues {
    const map = blank()
    for (let n = 0; n < pairs && this.#at < this.#text.length; n++) {
      const key = this.next()
      map[key] = this.next()
    }
    return Object.freeze(map)
  }
}
