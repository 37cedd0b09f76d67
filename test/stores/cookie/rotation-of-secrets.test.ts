import { expect, test } from '@jest/globals'
import { clockedCookieStore, found, K1, K2, K3, newToken } from '../cookie-kit.js'

test('T-26: a session survives [k1], [k2, k1] and [k2]; it comes back under k2 in between', () => {
  const { store: before, other } = clockedCookieStore({ secrets: [K1] })
  const [between, after] = [other({ secrets: [K2, K1] }), other({ secrets: [K2] })]
  const old = newToken(before, { a: '1' })
  expect(found(before, old)?.token).toBe(old)
  const loaded = found(between, old)
  expect(loaded?.values).toEqual({ a: '1' })
  expect(loaded?.token).not.toBe(old)
  expect(found(after, old)).toBeNull()
  expect(found(after, loaded?.token ?? '')?.values).toEqual({ a: '1' })
  expect(found(after, loaded?.token ?? '')?.token).toBe(loaded?.token)
})

test('T-26: new tokens are always sealed by the first secret (CVE-2025-47278)', () => {
  const { other } = clockedCookieStore()
  const ring = other({ secrets: [K2, K1, K3] })
  const [onlyNewest, onlyOlder] = [other({ secrets: [K2] }), other({ secrets: [K1, K3] })]
  const created = newToken(ring, { a: '1' })
  const updated = ring.update(newToken(onlyOlder), {}) as { token: string }
  const rotated = ring.rotate(newToken(onlyOlder), {}) as { token: string }
  for (const token of [created, updated.token, rotated.token]) {
    expect(found(onlyNewest, token)).not.toBeNull()
    expect(found(onlyOlder, token)).toBeNull()
  }
})

test('the order of the older secrets does not matter, since a token names its secret', () => {
  const { other } = clockedCookieStore()
  const token = newToken(other({ secrets: [K3] }), { a: '1' })
  for (const secrets of [
    [K1, K2, K3],
    [K1, K3, K2],
    [K2, K3],
    [K3, K1],
  ])
    expect(found(other({ secrets }), token)?.values).toEqual({ a: '1' })
})

test('two secrets that happen to have the same id are both tried', () => {
  const { other } = clockedCookieStore()
  const ids = new Map<number, string>()
  const [one, two] = firstPair((secret) => {
    const id = Buffer.from(newToken(other({ secrets: [secret] })), 'base64url').readUInt16BE(1)
    const twin = ids.get(id)
    ids.set(id, secret)
    return twin
  })
  expect(found(other({ secrets: [one, two] }), newToken(other({ secrets: [two] }), { a: '1' }))?.values).toEqual({ a: '1' })
  expect(found(other({ secrets: [one] }), newToken(other({ secrets: [two] })))).toBeNull()
})

test('a session under an old secret comes back under the new one without sliding, if it must not slide', () => {
  const { other, advance } = clockedCookieStore()
  const old = newToken(other({ secrets: [K1] }))
  advance(1_800_000)
  const ring = other({ secrets: [K2, K1] })
  const loaded = found(ring, old)
  expect(loaded?.token).not.toBe(old)
  advance(1_799_999)
  expect(found(ring, loaded?.token ?? '')).not.toBeNull()
  advance(1)
  expect(found(ring, loaded?.token ?? '')).toBeNull()
})

/** Of 2^16 ids: after about 300 secrets. */
function firstPair(twinOf: (secret: string) => string | undefined): [string, string] {
  for (let n = 0; ; n++) {
    const secret = `${K1}-${n}`
    const twin = twinOf(secret)
    if (twin !== undefined) return [twin, secret]
  }
}
