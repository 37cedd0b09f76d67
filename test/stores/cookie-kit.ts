// A cookie store on a clock that only the test moves, and tokens taken apart.
import type { LoadedSession, SessionStore } from '../../lib/store.js'
import { type CookieStore, type CookieStoreOptions, cookieStore } from '../../stores/cookie.js'

export const START: number = Date.UTC(2026, 10, 21, 12)
export const DAY_MS = 86_400_000

/** Three secrets that have nothing in common. */
export const K1 = 'k1-6l5m2Wc1bq0yT8oXh3ZfVn4uRj7sAe9'
export const K2 = 'k2-Pz8dQ1xLw5Yk0vGt2NcHb6mJr3fUi4S'
export const K3 = 'k3-Ea7oMg9sVh1Xq5Tn0RyLk2wZp4dCj8B'

export interface ClockedCookieStore {
  readonly store: CookieStore
  readonly advance: (ms: number) => void
  /** Another store on the same clock: another server, another configuration. */
  readonly other: (options: Partial<CookieStoreOptions>) => CookieStore
}

export function clockedCookieStore(options: Partial<CookieStoreOptions> = {}): ClockedCookieStore {
  let now = START
  const open = (more: Partial<CookieStoreOptions>): CookieStore =>
    cookieStore({ key: 'sid', secrets: [K1], clock: () => now, ...options, ...more })
  return {
    store: open({}),
    other: open,
    advance: (ms) => {
      now += ms
    },
  }
}

/** For stores that answer without a promise. */
export function found(store: SessionStore, token: string, slide = false): LoadedSession | null {
  const loaded = store.load(token, { slide })
  if (loaded === 'reused' || loaded instanceof Promise) throw new TypeError('expected an answer of a store without records')
  return loaded
}

export function newToken(store: SessionStore, values: Record<string, string> = {}, terms = {}): string {
  const created = store.create({ values, terms: { ...TERMS, ...terms } })
  if (created instanceof Promise) throw new TypeError('expected an answer without a promise')
  return created.token
}

/** An hour's idle span, a day's lifetime. */
export const TERMS = { id: 'id', idleMs: 3_600_000, lifetimeMs: DAY_MS, persistent: true, indexes: {} }

/** The token with its bytes changed. */
export function withBytes(token: string, change: (bytes: Buffer) => Buffer | undefined): string {
  const bytes = Buffer.from(token, 'base64url')
  return (change(bytes) ?? bytes).toString('base64url')
}
