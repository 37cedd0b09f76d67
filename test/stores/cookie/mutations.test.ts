import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { clockedCookieStore, found, K1, K2, newToken } from '../cookie-kit.js'

const { store, other } = clockedCookieStore({ secrets: [K1, K2], chunks: 3, maxBytes: 512 })
const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.', ' ', '=', '+', '/', '\u0000', '\u{1f98a}']

/** Of one, two and three parts, and of the other secret. */
const TOKENS: readonly string[] = [
  ...[1, 20, 300, 600].map((length) => newToken(store, { a: 'x'.repeat(length) })),
  newToken(other({ secrets: [K2] }), { a: '1' }),
]
const GOOD: ReadonlySet<string> = new Set(TOKENS)
const bytesOf = (token: string): Buffer => Buffer.from(token.replaceAll('.', ''), 'base64url')

const someToken = fc.constantFrom(...TOKENS)
const place = fc.nat({ max: 1_000_000 })

const mutations: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'a flipped bit': fc.tuple(someToken, place, fc.nat({ max: 7 })).map(([token, at, bit]) => {
    const bytes = bytesOf(token)
    const byte = at % bytes.length
    bytes.writeUInt8(bytes.readUInt8(byte) ^ (1 << bit), byte)
    return bytes.toString('base64url')
  }),
  'another character': fc
    .tuple(someToken, place, fc.constantFrom(...alphabet))
    .map(([token, at, character]) => token.slice(0, at % token.length) + character + token.slice((at % token.length) + 1)),
  'a cut': fc.tuple(someToken, place, place).map(([token, from, length]) => {
    const at = from % token.length
    return token.slice(0, at) + token.slice(at + 1 + (length % (token.length - at)))
  }),
  'something put in': fc
    .tuple(someToken, place, fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 40 }))
    .map(([token, at, text]) => token.slice(0, at % (token.length + 1)) + text.join('') + token.slice(at % (token.length + 1))),
  'the head of one and the tail of another': fc.tuple(someToken, someToken, place).map(([head, tail, at]) => {
    const [a, b] = [bytesOf(head), bytesOf(tail)]
    const cut = at % Math.min(a.length, b.length)
    return Buffer.concat([a.subarray(0, cut), b.subarray(cut)]).toString('base64url')
  }),
  'the header of one on the rest of another': fc.tuple(someToken, someToken, fc.constantFrom(1, 3, 5, 17)).map(([head, rest, cut]) => {
    return Buffer.concat([bytesOf(head).subarray(0, cut), bytesOf(rest).subarray(cut)]).toString('base64url')
  }),
  'another version, id or day': fc.tuple(someToken, fc.uint8Array({ minLength: 5, maxLength: 5 })).map(([token, header]) => {
    return Buffer.concat([header, bytesOf(token).subarray(5)]).toString('base64url')
  }),
  'parts in another order, cut elsewhere or left out': fc.tuple(someToken, fc.array(place, { maxLength: 4 })).map(([token, cuts]) => {
    const text = token.replaceAll('.', '')
    const at = cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b)
    return [0, ...at].map((from, n) => text.slice(from, at[n] ?? text.length)).join('.')
  }),
  'parts of several tokens': fc
    .array(fc.tuple(someToken, place), { minLength: 1, maxLength: 4 })
    .map((picks) => picks.map(([token, n]) => token.split('.').at(n % token.split('.').length) ?? '').join('.')),
  'random bytes': fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  'random text': fc.string({ unit: 'binary', maxLength: 600 }),
}

test('the tokens that are altered here do open as they are', () => {
  for (const token of TOKENS) expect(found(store, token)).not.toBeNull()
  expect(TOKENS.map((token) => token.split('.').length)).toEqual([1, 1, 2, 3, 1])
})

test.each(Object.entries(mutations))('T-4: %s never opens', (_, mutated) => {
  fc.assert(
    fc.property(mutated, (token) => {
      fc.pre(!GOOD.has(token))
      expect(found(store, token, true)).toBeNull()
    }),
    { numRuns: 1500, seed: 20261121 },
  )
})

test('whatever the keys, values and terms are, they come back', () => {
  const { store: roomy, other: elsewhere } = clockedCookieStore({ chunks: 3 })
  const reader = elsewhere({})
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  const map = fc.dictionary(text, text, { maxKeys: 6 })
  const span = fc.integer({ min: 1, max: 2 ** 40 })
  const given = fc.record({
    ...{ id: text, idleMs: span, lifetimeMs: fc.option(span), persistent: fc.boolean(), indexes: map },
  })
  const origin = fc.record({ address: text, agent: text, certificate: text }, { requiredKeys: [] })
  fc.assert(
    fc.property(map, given, origin, (values, terms, from) => {
      const loaded = found(reader, newToken(roomy, values, { ...terms, ...from }))
      expect(Object.entries(loaded?.values ?? {})).toEqual(Object.entries(values))
      expect(loaded?.facts).toMatchObject({ ...terms, ...from, indexes: expect.anything() })
      expect(Object.entries(loaded?.facts.indexes ?? {})).toEqual(Object.entries(terms.indexes))
      const names = ['address', 'agent', 'certificate']
      expect(names.filter((name) => name in (loaded?.facts ?? {}))).toEqual(names.filter((name) => name in from))
    }),
    { numRuns: 500, seed: 20261121 },
  )
})
