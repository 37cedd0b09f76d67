import { expect, test } from '@jest/globals'
import { type CookieStoreOptions, cookieStore } from '../../../stores/cookie.js'
import { memoryStore } from '../../../stores/memory.js'
import { clockedCookieStore, K1, newToken } from '../cookie-kit.js'

const WRONG: readonly (readonly [string, readonly unknown[]])[] = [
  ['key', [undefined, '', 'a b', 'a=b', 'a;b', 'ü', 'x'.repeat(101), 5]],
  ['secrets', [undefined, [], 'a secret of more than 32 bytes, not in an array', ['short'], [K1, 'short'], [5], [null]]],
  ['clock', [5, null]],
  ['revocation', [null, 'redis', {}, memoryStore, clockedCookieStore().store, { ...verbs(), cannot: ['revoke'] }]],
  ['maxBytes', [0, 511, 4097, 1000.5, '4096']],
  ['attributeBytes', [-1, 0.5, 4096, '1']],
  ['chunks', [0, 4, 1.5, true]],
  ['audience', [5, null, 'x'.repeat(256)]],
  ['longestIdleMs', [0, -1, Number.NaN, Number.POSITIVE_INFINITY]],
  ['ttl', [5]],
]

test.each(WRONG)('a wrong %s is refused at start-up by its name', (name, values) => {
  for (const value of values) {
    const options = { key: 'sid', secrets: [K1], [name]: value } as unknown as CookieStoreOptions
    expect(() => cookieStore(options)).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(new RegExp(`^${name}: `)) }),
    )
  }
})

test('no message of a refusal contains a secret', () => {
  expect(() => cookieStore({ key: 'sid', secrets: ['hush, I am short'] })).not.toThrow(/hush/)
})

test('without a clock it takes the time of the process', () => {
  const before = Date.now()
  const store = cookieStore({ key: 'sid', secrets: [K1] })
  const loaded = store.load(newToken(store), { slide: true })
  expect(loaded).toHaveProperty('facts.createdAt')
  expect((loaded as { now: number }).now).toBeGreaterThanOrEqual(before)
})

test('every call answers without a promise, with records in memory too', () => {
  for (const options of [{}, { revocation: memoryStore() }]) {
    const { store } = clockedCookieStore(options)
    const token = newToken(store)
    for (const answer of [
      store.load(token, { slide: true }),
      store.update(token, { expect: {} }),
      store.rotate(token, {}),
      store.destroy(token),
    ]) {
      expect(answer).not.toBeInstanceOf(Promise)
    }
  }
})

test('nothing that is printed of a store contains a secret or a key', () => {
  const { store } = clockedCookieStore()
  newToken(store)
  expect(JSON.stringify(store)).not.toContain(K1)
  expect(Object.keys(store)).not.toContain('secrets')
})

function verbs(): object {
  const verb = (): null => null
  return { name: 'x', create: verb, load: verb, update: verb, rotate: verb, destroy: verb }
}
