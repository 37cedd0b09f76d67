// What came out of tokens that were opened or sealed lately: a browser sends the same one again and again, and decrypting costs more than all else. Whether the
// session lives is judged each time.

/** Of all tokens together, in characters: two thousand ordinary sessions. */
const KEPT_LENGTH = 1024 * 1024

export interface Opened<T> {
  readonly content: T
  /** Sealed by a secret that is no longer the first. */
  readonly stale: boolean
  /** When it was sealed, counted from the epoch. */
  readonly day: number
}

export class RecentTokens<T> {
  readonly #opened = new Map<string, Opened<T>>()
  #length = 0

  find(token: string): Opened<T> | undefined {
    return this.#opened.get(token)
  }

  keep(token: string, opened: Opened<T>): void {
    if (this.#length + token.length > KEPT_LENGTH) {
      this.#opened.clear()
      this.#length = 0
    }
    this.#opened.set(token, opened)
    this.#length += token.length
  }
}
