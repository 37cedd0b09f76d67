import crypto from 'node:crypto'
import { deflateSync, gzipSync } from 'node:zlib'
import { afterEach, expect, jest, test } from '@jest/globals'
import { memoryStore } from '../../../stores/memory.js'
import { clockedCookieStore, DAY_MS, found, K1, K2, newToken, START, withBytes } from '../cookie-kit.js'

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

test('T-25: the cookie of one name, audience or purpose is refused under another', () => {
  const { store, other } = clockedCookieStore()
  const token = newToken(store, { a: '1' })
  const records = other({ revocation: memoryStore() })
  for (const wrong of [other({ key: 'sid2' }), other({ key: '__Host-sid' }), other({ audience: 'shop' })]) {
    expect(found(wrong, token)).toBeNull()
    expect(found(store, newToken(wrong, { a: '1' }))).toBeNull()
  }
  expect(records.load(token, { slide: true })).toBeNull()
  expect(found(store, newToken(records, { a: '1' }))).toBeNull()
})

test('T-65: one secret has other keys for each name, audience, purpose and day, also where one begins as another ends', () => {
  const derived = jest.spyOn(crypto, 'hkdfSync')
  const { other, advance } = clockedCookieStore()
  const uses = [{ audience: '' }, { audience: 'shop' }, { key: 'sid|4' }, { key: 'sid', audience: '4|' }, { revocation: memoryStore() }]
  const infos = new Set<unknown>()
  for (const use of uses) {
    derived.mockClear()
    void other(use).create({ values: {}, terms: { id: '', idleMs: 1, lifetimeMs: 1, persistent: true, indexes: {} } })
    infos.add(derived.mock.calls.at(-1)?.[3])
  }
  advance(DAY_MS)
  newToken(other({}))
  infos.add(derived.mock.calls.at(-1)?.[3])
  expect(infos.size).toBe(uses.length + 1)
})

test('T-27: AES-256-GCM with 16-byte tags, HKDF-SHA256 and 12 random bytes are all the cryptography there is', () => {
  const spies = (Object.keys(crypto) as (keyof typeof crypto)[])
    .filter((name) => typeof crypto[name] === 'function' && !/^[A-Z]/.test(name) && name !== 'getRandomValues')
    .map((name) => [name, jest.spyOn(crypto, name as 'randomBytes')] as const)
  const { store, other } = clockedCookieStore()
  const token = newToken(store, { a: '1' })
  found(other({ secrets: [K2, K1] }), token)
  const used = spies.filter(([, spy]) => spy.mock.calls.length > 0)
  expect(used.map(([name]) => name).sort()).toEqual(['createCipheriv', 'createDecipheriv', 'createSecretKey', 'hkdfSync', 'randomBytes'])
  const calls = (name: string): unknown[][] => used.find(([each]) => each === name)?.[1].mock.calls ?? []
  for (const [cipher, key, , options] of [...calls('createCipheriv'), ...calls('createDecipheriv')]) {
    expect([cipher, (key as crypto.KeyObject).symmetricKeySize, options]).toEqual(['aes-256-gcm', 32, { authTagLength: 16 }])
  }
  expect(new Set(calls('hkdfSync').map(([digest]) => digest))).toEqual(new Set(['sha256']))
  expect(calls('randomBytes')).toEqual([[16], [12], [12]])
})

test('keys are derived at the start and once a day, not per token', () => {
  const { store, advance } = clockedCookieStore()
  newToken(store)
  const derived = jest.spyOn(crypto, 'hkdfSync')
  for (let n = 0; n < 10; n++) found(store, newToken(store))
  expect(derived).not.toHaveBeenCalled()
  advance(DAY_MS)
  for (let n = 0; n < 10; n++) found(store, newToken(store))
  expect(derived).toHaveBeenCalledTimes(1)
})

test('keys of many days are not kept for ever, and the one of today stays', () => {
  const { store } = clockedCookieStore()
  const token = newToken(store, { a: '1' })
  const derived = jest.spyOn(crypto, 'hkdfSync')
  const today = Math.floor(START / DAY_MS)
  for (let back = 1; back <= 300; back++) {
    expect(
      found(
        store,
        withBytes(token, (bytes) => void bytes.writeUInt16BE(today - back, 3)),
      ),
    ).toBeNull()
    expect(found(store, token)).not.toBeNull()
  }
  expect(derived).toHaveBeenCalledTimes(300)
  found(
    store,
    withBytes(token, (bytes) => void bytes.writeUInt16BE(today - 1, 3)),
  )
  expect(derived).toHaveBeenCalledTimes(301)
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

test('T-30: 100,000 seals never use a nonce twice, and each asks the generator for its own', () => {
  const { store } = clockedCookieStore()
  const token = newToken(store)
  const generator = jest.spyOn(crypto, 'randomBytes')
  const nonces = new Set<string>()
  for (let n = 0; n < 100_000; n++) {
    const result = store.update(token, {}) as { token: string }
    nonces.add(Buffer.from(result.token, 'base64url').toString('latin1', HEADER, HEADER + 12))
  }
  expect(nonces.size).toBe(100_000)
  expect(generator).toHaveBeenCalledTimes(100_000)
})

test('T-31: without random numbers there is an error and no token', () => {
  const { store } = clockedCookieStore()
  const token = newToken(store)
  jest.spyOn(crypto, 'randomBytes').mockImplementation(() => {
    throw new Error('no entropy')
  })
  expect(() => store.create({ values: {}, terms: { id: '', idleMs: 1, lifetimeMs: 1, persistent: true, indexes: {} } })).toThrow(
    'no entropy',
  )
  expect(() => store.update(token, {})).toThrow('no entropy')
})

test('T-55: nothing of the data can be read in the token, and equal sessions have unlike tokens', () => {
  const { store } = clockedCookieStore()
  const values = { email: '"ann@example.com"', cart: '["a book on gardening"]' }
  const token = newToken(store, values, { indexes: { userId: 'ann-7' }, address: '192.0.2.17', agent: 'Mozilla/5.0' })
  const bytes = Buffer.from(token, 'base64url')
  for (const text of ['email', 'ann', 'example', 'cart', 'gardening', 'userId', '192.0.2', 'Mozilla', 'idleMs', 'persistent', '3600000']) {
    expect(bytes.includes(text) || token.includes(text)).toBe(false)
  }
  expect(newToken(store, values).slice(7)).not.toBe(newToken(store, values).slice(7))
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
