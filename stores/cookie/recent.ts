// What came out of tokens that were opened or sealed lately: a browser sends the same one again and again, and decrypting costs more than all else. Whether the
// session lives is judged each time.
/** Of all tokens together, in characters: two thousand ordinary sessions. What is in them takes as much again, a few times over. */
const KEPT_LENGTH = 1024 * 1024

/** A token is looked for by its end, which is a part of its tag, since to look for all of a long one costs as much as to decrypt it. */
const END_LENGTH = 20

export interface Opened<T> {
  readonly content: T
  /** Sealed by a secret that is no longer the first. */
  readonly stale: boolean
  /** When it was sealed, counted from the epoch. */
  readonly day: number
}

interface Kept<T> {
  readonly token: string
  readonly opened: Opened<T>
}

export class RecentTokens<T> {
  readonly #kept = new Map<string, Kept<T>>()
  #length = 0

  find(token: string): Opened<T> | undefined {
    const kept = this.#kept.get(token.slice(-END_LENGTH))
    return kept?.token === token ? kept.opened : undefined
  }

  /** The token is kept as it is, and must be no part of a longer text. */
  keep(token: string, opened: Opened<T>): void {
    if (this.#length + token.length > KEPT_LENGTH) {
      this.#kept.clear()
      this.#length = 0
    }
    this.#kept.set(token.slice(-END_LENGTH), { token, opened })
    this.#length += token.length
  }
}
