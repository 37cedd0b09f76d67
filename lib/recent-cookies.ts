// A browser sends the same `Cookie` header again and again: what came of it is remembered. Whether the session lives, the store says each time.
import type { PresentedCookies } from './session-cookie.js'

/** How many headers are remembered, and how long each may be: two megabytes at most. */
const MAX_HEADERS = 1000
const MAX_LENGTH = 2000

export class RecentCookies {
  /** Private to the runtime: it knows live tokens, which no inspection may show. */
  readonly #known = new Map<string, PresentedCookies>()
  readonly #signed: boolean

  /** `signed`: a token is found by its signature. One that the store seals itself may be anybody's, who would fill the memory. */
  constructor(signed: boolean) {
    this.#signed = signed
  }

  get(header: string): PresentedCookies | undefined {
    return this.#known.get(header)
  }

  keep(header: string, cookies: PresentedCookies): void {
    if (!this.#signed || cookies.tokens.length !== 1 || header.length > MAX_LENGTH) return
    if (this.#known.size >= MAX_HEADERS) this.#known.clear()
    this.#known.set(header, cookies)
  }
}
