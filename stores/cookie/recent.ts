// The last few tokens that were opened, so that what was loaded need not be decrypted a second time to be changed. Only what comes out of a
// token is kept, which is the same whenever it is asked: whether the session lives is judged each time.

/** As many requests as may be between their load and their write at the same time. */
const KEPT = 8

export interface Opened<T> {
  readonly content: T
  /** Sealed by a secret that is no longer the first. */
  readonly stale: boolean
  /** When it was sealed, counted from the epoch. */
  readonly day: number
}

export class RecentTokens<T> {
  readonly #tokens: string[] = new Array<string>(KEPT).fill('')
  readonly #opened: (Opened<T> | null)[] = new Array<null>(KEPT).fill(null)
  #next = 0

  find(token: string): Opened<T> | null {
    const place = this.#tokens.indexOf(token)
    return this.#opened[place] ?? null
  }

  /** In place of the oldest. */
  keep(token: string, opened: Opened<T>): void {
    this.#tokens[this.#next] = token
    this.#opened[this.#next] = opened
    this.#next = (this.#next + 1) % KEPT
  }
}
