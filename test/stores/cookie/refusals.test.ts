import crypto from 'node:crypto'
import { deflateSync, gzipSync } from 'node:zlib'
import { afterEach, expect, jest, test } from '@jest/globals'
import { clockedCookieStore, found, K2, newToken, withBytes } from '../cookie-kit.js'

const HEADER = 5
const TAG = 16

afterEach(() => {
  jest.restoreAllMocks()
})

test('T-82: a token cut by 1 to 16 bytes, or with fewer bytes of its tag, opens nothing', () => {
  const { store } = clockedCookieStore()
  const token = newToken(store, { a: '1' })
  for (let cut = 1; cut <= TAG; cut++) {
    expect(
      found(
        store,
        withBytes(token, (bytes) => bytes.subarray(0, -cut)),
      ),
    ).toBeNull()
    const ciphertextKept = withBytes(token, (bytes) => Buffer.concat([bytes.subarray(0, -TAG), bytes.subarray(-TAG, -cut)]))
    expect(found(store, ciphertextKept)).toBeNull()
  }
  for (let length = 0; length < 40; length++)
    expect(
      found(
        store,
        withBytes(token, (bytes) => bytes.subarray(0, length)),
      ),
    ).toBeNull()
})

test('T-83: a token has one spelling: padding, blanks, +/ and stray bits are refused', () => {
  const { store } = clockedCookieStore()
  // Of three bytes more or less, so that the last character has spare bits in two of three cases.
  for (const filling of ['', 'x', 'xx']) {
    const token = newToken(store, { filling })
    expect(found(store, token)).not.toBeNull()
    for (const other of otherSpellings(token)) {
      expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(token, 'base64url'))
      expect(found(store, other)).toBeNull()
    }
  }
})

test('T-23: an unknown version, count or key id is refused before any key is used and any JSON is read', () => {
  const { store } = clockedCookieStore()
  const token = newToken(store, { a: '1' })
  const decipher = jest.spyOn(crypto, 'createDecipheriv')
  const parse = jest.spyOn(JSON, 'parse')
  for (const first of [0x00, 0x01, 0x10, 0x12, 0x1f, 0x21, 0xff]) {
    expect(
      found(
        store,
        withBytes(token, (bytes) => void bytes.writeUInt8(first, 0)),
      ),
    ).toBeNull()
  }
  expect(
    found(
      store,
      withBytes(token, (bytes) => void bytes.writeUInt16BE(bytes.readUInt16BE(1) ^ 1, 1)),
    ),
  ).toBeNull()
  expect(decipher).not.toHaveBeenCalled()
  expect(parse).not.toHaveBeenCalled()
})

test('T-29: whatever is wrong with a token, the answer is the same for every call', () => {
  const { store, other, advance } = clockedCookieStore()
  const token = newToken(store, { a: '1' })
  const expired = newToken(store, {}, { idleMs: 1000 })
  const byStranger = newToken(other({ secrets: [K2] }))
  const ofOtherName = newToken(other({ key: 'other' }))
  advance(1000)
  const flipped = (place: number): string => withBytes(token, (bytes) => void bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place))
  const wrong = [
    ...['', 'no token', '\u0000', `${token}=`, token.slice(1), token.slice(0, -4), 'A'.repeat(10_000)],
    ...[0, 1, 3, HEADER, HEADER + 12, Buffer.from(token, 'base64url').length - 1].map(flipped),
    ...[expired, byStranger, ofOtherName],
  ]
  for (const each of wrong) {
    const answers = [store.load(each, { slide: true }), store.update(each, {}), store.rotate(each, {}), store.destroy(each)]
    expect(answers).toEqual([null, { outcome: 'gone' }, null, false])
  }
})

test('a token that is too long is refused before it is decoded', () => {
  const { store, other } = clockedCookieStore()
  const chunked = other({ chunks: 3 })
  const decoded = jest.spyOn(Buffer, 'from')
  for (const length of [4097, 8192, 1_000_000]) expect(found(store, 'A'.repeat(length))).toBeNull()
  for (const length of [8193, 1_000_000]) expect(found(chunked, 'A'.repeat(length))).toBeNull()
  expect(decoded).not.toHaveBeenCalled()
  expect(found(store, 'A'.repeat(4096))).toBeNull()
  expect(decoded).toHaveBeenCalled()
})

test('T-70: what other packages or older formats write is never read: there is no second decoder', () => {
  const { store } = clockedCookieStore()
  const json = JSON.stringify({ handle: 'x', values: { userId: '"admin"' }, userId: 'admin' })
  const parse = jest.spyOn(JSON, 'parse')
  const foreign = [
    ...[json, `j:${json}`, encodeURIComponent(`j:${json}`), `s:${json}.signature`],
    ...(['base64', 'base64url', 'hex'] as const).map((encoding) => Buffer.from(json).toString(encoding)),
    `Fe26.2*1*${'a'.repeat(64)}*${'A'.repeat(22)}*${Buffer.from(json).toString('base64url')}*1*x*y~2`,
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(json).toString('base64url')}.`,
    `${'A'.repeat(22)}.${'A'.repeat(43)}.${'A'.repeat(43)}`,
  ]
  for (const text of foreign) expect(found(store, text)).toBeNull()
  expect(parse).not.toHaveBeenCalled()
})

test('T-79: compressed payloads are refused, and what is sealed is not compressed', () => {
  const { store } = clockedCookieStore()
  const bomb = Buffer.alloc(1_000_000, '{"a":1}')
  for (const bytes of [deflateSync(bomb), gzipSync(bomb)]) {
    expect(found(store, bytes.toString('base64url'))).toBeNull()
    expect(found(store, Buffer.concat([Buffer.of(0x11), bytes]).toString('base64url'))).toBeNull()
  }
  const [even, uneven] = ['a'.repeat(600), crypto.randomBytes(300).toString('hex')]
  expect(newToken(store, { even }).length).toBe(newToken(store, { even: uneven }).length)
})

/** Texts that Node decodes to the same bytes. */
function otherSpellings(token: string): string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(token.at(-1) ?? '')
  const bytes = Buffer.from(token, 'base64url')
  const spare = [...alphabet].map((character) => token.slice(0, -1) + character).filter((_, n) => n !== last)
  return [
    ...[`${token}=`, `${token}==`, ` ${token}`, `${token} `, `${token}\n`, `${token.slice(0, 9)} ${token.slice(9)}`],
    ...spare.filter((text) => Buffer.from(text, 'base64url').equals(bytes)),
    ...[token.replaceAll('-', '+'), token.replaceAll('_', '/')].filter((text) => text !== token),
  ]
}
