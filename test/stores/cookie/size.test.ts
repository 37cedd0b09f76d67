import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { CookieStore, CookieStoreOptions } from '../../../stores/cookie.js'
import { memoryStore } from '../../../stores/memory.js'
import { clockedCookieStore, found, newToken } from '../cookie-kit.js'

const TOO_LARGE = expect.objectContaining({ name: 'SessionTooLargeError', code: 'ERR_SESSION_TOO_LARGE', status: 500 })

beforeEach(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
})

afterEach(() => {
  jest.restoreAllMocks()
})

test.each([
  ['sid', {}, 4096 - 96],
  ['sid', { attributeBytes: 0 }, 4096],
  ['__Host-sid', { attributeBytes: 0 }, 4096],
  ['sid', { attributeBytes: 200, maxBytes: 1000 }, 800],
])('T-22: name and value of %s with %j take %i bytes at most, and a byte more is refused', (key, options, room) => {
  const { store } = clockedCookieStore({ key, ...options })
  const longest = longestText(store)
  const token = newToken(store, { a: 'x'.repeat(longest) })
  // Base64url has no text of length 4n + 1.
  const most = (room - key.length) % 4 === 1 ? room - 1 : room
  expect(key.length + token.length).toBe(most)
  expect(found(store, token)?.values['a']).toHaveLength(longest)
  expect(() => newToken(store, { a: 'x'.repeat(longest + 1) })).toThrow(TOO_LARGE)
})

test('T-22: with every attribute but Domain the whole line takes 4096 bytes at most', () => {
  const { store } = clockedCookieStore({ key: '__Host-sid' })
  const token = newToken(store, { a: 'x'.repeat(longestText(store)) })
  const line = `__Host-sid=${token}; Max-Age=34560000; Path=/; HttpOnly; Secure; Partitioned; Priority=Medium; SameSite=Strict`
  expect(line.length).toBeLessThanOrEqual(4096)
  expect(line.length).toBeGreaterThan(4090)
})

test('T-22: a change that does not fit throws from update and rotate too, and the old token is as good as before', () => {
  const { store } = clockedCookieStore()
  const token = newToken(store, { a: '1' })
  const set = { large: 'x'.repeat(4000) }
  expect(() => store.update(token, { set })).toThrow(TOO_LARGE)
  expect(() => store.rotate(token, { set })).toThrow(TOO_LARGE)
  expect(found(store, token)?.values).toEqual({ a: '1' })
})

test('what is refused says how much it is, how much there may be and what to do', () => {
  const { store, other } = clockedCookieStore()
  const large = { a: 'x'.repeat(9000) }
  expect(() => newToken(store, large)).toThrow(
    /takes \d+ bytes; .* one cookie of 4096 bytes, 96 of them for its attributes; .* or chunks: 2$/,
  )
  expect(() => newToken(other({ chunks: 3 }), large)).toThrow(
    /3 cookies of 4096 bytes and 8 KiB in all; keep less in it, or use a store on a server$/,
  )
  expect(() => newToken(store, { secret: 'x'.repeat(9000) })).not.toThrow(/xxx/)
})

test('bytes count, not characters', () => {
  const { store } = clockedCookieStore()
  expect(newToken(store, { a: '\u{1f98a}'.repeat(700) }).length).toBeLessThanOrEqual(4000)
  expect(() => newToken(store, { a: '\u{1f98a}'.repeat(800) })).toThrow(TOO_LARGE)
})

test('from three quarters on the application is warned, once', () => {
  const { store } = clockedCookieStore()
  newToken(store, { a: 'x'.repeat(2000) })
  expect(process.emitWarning).not.toHaveBeenCalled()
  newToken(store, { a: 'x'.repeat(2200) })
  newToken(store, { a: 'x'.repeat(2200) })
  expect(process.emitWarning).toHaveBeenCalledTimes(1)
  expect(process.emitWarning).toHaveBeenCalledWith(
    expect.stringContaining('75 %'),
    expect.objectContaining({ code: 'STEADY_SESSION_LARGE_COOKIE' }),
  )
})

test('as few parts as will do, and none for a session that fits into one cookie', () => {
  const { store } = clockedCookieStore({ chunks: 3, maxBytes: 1000, attributeBytes: 0 })
  expect([10, 500, 1000, 1300, 1900].map((length) => partsOf(newToken(store, { a: 'x'.repeat(length) })).length)).toEqual([1, 1, 2, 2, 3])
})

test.each([
  [2, { maxBytes: 1000, attributeBytes: 0 }, 2 * 995],
  [3, { maxBytes: 1000, attributeBytes: 0 }, 3 * 995],
  [2, {}, 2 * (4096 - 96 - 5)],
  [3, { key: 'a' }, 8182 - 3 * 4 - 2 * 2],
] as [2 | 3, Partial<CookieStoreOptions>, number][])('of %i chunks with %j the parts have %i bytes at most', (chunks, options, most) => {
  const { store } = clockedCookieStore({ chunks, ...options })
  const longest = longestText(store)
  const token = newToken(store, { a: 'x'.repeat(longest) })
  const parts = partsOf(token)
  expect(parts).toHaveLength(chunks)
  const length = parts.join('').length
  expect(most - length).toBeGreaterThanOrEqual(0)
  expect(most - length).toBeLessThanOrEqual(1)
  expect(found(store, token)?.values['a']).toHaveLength(longest)
  expect(() => newToken(store, { a: 'x'.repeat(longest + 1) })).toThrow(TOO_LARGE)
})

test('whatever the size, the Cookie header stays below 8 KiB', () => {
  const { store } = clockedCookieStore({ chunks: 3, key: '__Host-sid', attributeBytes: 0 })
  const parts = partsOf(newToken(store, { a: 'x'.repeat(longestText(store)) }))
  const header = `Cookie: ${parts.map((part, n) => `__Host-sid.${n}=${part}`).join('; ')}\r\n`
  expect(header.length).toBeLessThanOrEqual(8192)
})

test('a missing, an extra, a repeated or a swapped part opens nothing', () => {
  const { store } = clockedCookieStore({ chunks: 3, maxBytes: 1000 })
  const token = newToken(store, { a: 'x'.repeat(1700) })
  const [a = '', b = '', c = ''] = partsOf(token)
  const other = partsOf(newToken(store, { a: 'y'.repeat(1700) }))
  const wrong = [
    [a],
    [a, b],
    [b, c],
    [a, c],
    [a, b, c, c],
    [a, b, b, c],
    [b, a, c],
    [a, c, b],
    [a, b, other[2] ?? ''],
    [`${a}${b}${c}`],
    [a + b, c],
  ]
  expect(found(store, [a, b, c].join('.'))).not.toBeNull()
  for (const parts of wrong) expect(found(store, parts.join('.'))).toBeNull()
})

test('a session that does not fit leaves no record behind, and one that no longer fits keeps its own', async () => {
  const records = memoryStore()
  const { store } = clockedCookieStore({ revocation: records })
  expect(() => newToken(store, { a: 'x'.repeat(4000) })).toThrow(TOO_LARGE)
  expect(records.size).toBe(0)
  const token = newToken(store, { a: '1' })
  const set = { large: 'x'.repeat(4000) }
  expect(() => store.update(token, { set })).toThrow(TOO_LARGE)
  expect(() => store.rotate(token, { set })).toThrow(TOO_LARGE)
  expect(await store.load(token, { slide: true })).toHaveProperty('values', expect.objectContaining({ a: '1' }))
})

/** The most characters of one value. */
function longestText(store: CookieStore): number {
  let [fits, fails] = [0, 20_000]
  while (fails - fits > 1) {
    const length = Math.floor((fits + fails) / 2)
    if (isTaken(store, length)) fits = length
    else fails = length
  }
  return fits
}

function isTaken(store: CookieStore, length: number): boolean {
  try {
    newToken(store, { a: 'x'.repeat(length) })
    return true
  } catch {
    return false
  }
}

function partsOf(token: string): string[] {
  return token.split('.')
}
