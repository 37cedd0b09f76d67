import crypto from 'node:crypto'
import { afterEach, expect, jest, test } from '@jest/globals'
import { memoryStore } from '../../../stores/memory.js'
import { clockedCookieStore, DAY_MS, found, K1, K2, newToken, START, withBytes } from '../cookie-kit.js'

const HEADER = 5

afterEach(() => {
  jest.restoreAllMocks()
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

test('T-25: name, audience and purpose are authenticated besides, so that equal keys would not help', () => {
  jest.spyOn(crypto, 'hkdfSync').mockImplementation((_digest, _secret, _salt, _info, length) => new ArrayBuffer(length))
  const { store, other } = clockedCookieStore()
  const token = newToken(store, { a: '1' })
  expect(found(other({ secrets: [K2] }), token)).not.toBeNull()
  const uses = [{ key: 'sid2' }, { audience: 'shop' }, { key: 'si', audience: 'd' }, { revocation: memoryStore() }]
  for (const use of uses) expect(other(use).load(token, { slide: true })).toBeNull()
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
  expect(used.map(([name]) => name).sort()).toEqual([
    'createCipheriv',
    'createDecipheriv',
    'createSecretKey',
    'hkdfSync',
    'randomBytes',
    'randomFillSync',
  ])
  const calls = (name: string): unknown[][] => used.find(([each]) => each === name)?.[1].mock.calls ?? []
  for (const [cipher, key, , options] of [...calls('createCipheriv'), ...calls('createDecipheriv')]) {
    expect([cipher, (key as crypto.KeyObject).symmetricKeySize, options]).toEqual(['aes-256-gcm', 32, { authTagLength: 16 }])
  }
  expect(new Set(calls('hkdfSync').map(([digest]) => digest))).toEqual(new Set(['sha256']))
  // The handle, and into each token its nonce.
  expect(calls('randomBytes')).toEqual([[16]])
  expect(calls('randomFillSync').map(([, ...place]) => place)).toEqual([
    [HEADER, 12],
    [HEADER, 12],
  ])
  const nonces = [...calls('createCipheriv'), ...calls('createDecipheriv')].map(([, , nonce]) => (nonce as Buffer).length)
  expect(new Set(nonces)).toEqual(new Set([12]))
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
    // Sealed anew, so that the key of today is asked for.
    expect(store.update(token, {})).toMatchObject({ outcome: 'saved' })
  }
  expect(derived).toHaveBeenCalledTimes(300)
  found(
    store,
    withBytes(token, (bytes) => void bytes.writeUInt16BE(today - 1, 3)),
  )
  expect(derived).toHaveBeenCalledTimes(301)
})

test('T-30: 100,000 seals never use a nonce twice, and each asks the generator for its own', () => {
  const { store } = clockedCookieStore()
  const token = newToken(store)
  const generator = jest.spyOn(crypto, 'randomFillSync')
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
  const fail = () => {
    throw new Error('no entropy')
  }
  jest.spyOn(crypto, 'randomFillSync').mockImplementation(fail)
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
