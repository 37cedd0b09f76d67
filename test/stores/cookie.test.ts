import { describe, test } from '@jest/globals'
import { type CookieStore, cookieStore } from '../../stores/cookie.js'
import { memoryStore } from '../../stores/memory.js'
import { describeStoreContract } from '../../testing/store-contract.js'
import { K1, START } from './cookie-kit.js'

let now = START
const clock = (): number => now
const advance = (ms: number): void => {
  now += ms
}
// Sliding is stamped in steps of a tenth of the idle span, which is an hour in the suite.
const granularityMs = 100_000

describeStoreContract('cookie', {
  open: () => cookieStore({ key: 'sid', secrets: [K1], clock }),
  close: (store) => store.close?.(),
  cannot: ['merge', 'expect', 'revoke', 'index', 'own-clock'],
  advance,
  granularityMs,
})

// What one process has sealed, another must open: here each call is made by a process of its own, which remembers nothing.
describeStoreContract('cookie, each call in another process', {
  open: () => fresh(() => cookieStore({ key: 'sid', secrets: [K1], clock, chunks: 3 })),
  close: (store) => store.close?.(),
  cannot: ['merge', 'expect', 'revoke', 'index', 'own-clock'],
  advance,
  granularityMs,
})

/** Forgets after each call what it has seen. */
function fresh(open: () => CookieStore): CookieStore {
  const own = new Set(['create', 'load', 'update', 'rotate', 'destroy'])
  return new Proxy(open(), {
    get(store, key) {
      const asked = own.has(String(key)) ? open() : store
      const value: unknown = Reflect.get(asked, key)
      return typeof value === 'function' ? value.bind(asked) : value
    },
  })
}

describeStoreContract('cookie of up to three parts', {
  open: () => cookieStore({ key: 'sid', secrets: [K1], clock, chunks: 3, maxBytes: 1200 }),
  close: (store) => store.close?.(),
  cannot: ['merge', 'expect', 'revoke', 'index', 'own-clock'],
  advance,
  granularityMs,
})

// Needs updates that merge, as the suite does not know; reassign itself is kept by the rule before it.
const NEEDS_MERGE = /reassign loses no update/

describeStoreContract('cookie with records in memory', {
  open: () => cookieStore({ key: 'sid', secrets: [K1], clock, revocation: memoryStore({ clock }) }),
  openAlone: () => cookieStore({ key: 'sid', secrets: [K1], clock, revocation: memoryStore({ clock }) }),
  close: (store) => store.close?.(),
  cannot: ['merge', 'expect'],
  advance,
  runner: {
    describe,
    test: Object.assign(
      (title: string, body: () => Promise<void>, timeoutMs?: number) =>
        NEEDS_MERGE.test(title) ? test.skip(title, body) : test(title, body, timeoutMs),
      { skip: test.skip },
    ),
  },
})
