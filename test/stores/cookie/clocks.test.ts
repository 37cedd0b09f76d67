import crypto from 'node:crypto'
import { afterEach, expect, jest, test } from '@jest/globals'
import { clockedCookieStore, DAY_MS, found, newToken, withBytes } from '../cookie-kit.js'

const HOUR_MS = 3_600_000
const SKEW_MS = 60_000

afterEach(() => {
  jest.restoreAllMocks()
})

test('T-24: the end is inside the token and strict to the millisecond, on both clocks', () => {
  for (const terms of [{ idleMs: HOUR_MS }, { idleMs: DAY_MS, lifetimeMs: HOUR_MS }]) {
    const { store, advance } = clockedCookieStore()
    const token = newToken(store, {}, terms)
    advance(HOUR_MS - 1)
    expect(found(store, token)).not.toBeNull()
    advance(1)
    expect(found(store, token, true)).toBeNull()
  }
})

test('T-24: a token from the clock of another server may be a minute ahead, and no more', () => {
  const { store, advance } = clockedCookieStore()
  advance(SKEW_MS)
  const token = newToken(store)
  advance(-SKEW_MS)
  expect(found(store, token, true)?.token).toBe(token)
  advance(-1)
  expect(found(store, token, true)).toBeNull()
})

test('T-24: the minute prolongs neither the idle span nor the absolute lifetime', () => {
  const { store, advance } = clockedCookieStore()
  advance(SKEW_MS)
  const token = newToken(store, {}, { idleMs: HOUR_MS, lifetimeMs: HOUR_MS })
  advance(-SKEW_MS)
  const slid = found(store, token, true)?.token ?? ''
  advance(SKEW_MS + HOUR_MS)
  expect([found(store, token), found(store, slid)]).toEqual([null, null])
})

test('a token that is sealed a minute after midnight opens on a server where it is not yet midnight', () => {
  const { store, advance } = clockedCookieStore()
  advance(DAY_MS / 2)
  const token = newToken(store)
  advance(-SKEW_MS)
  expect(found(store, token)).not.toBeNull()
})

test('a session that a server past midnight has written to opens on one where it is not yet midnight: their times are judged, not their days', () => {
  const { store, advance } = clockedCookieStore()
  advance(DAY_MS / 2 - HOUR_MS / 2)
  const token = newToken(store)
  advance(HOUR_MS - 1)
  const { token: written } = store.update(token, { set: { a: '1' } }) as { token: string }
  advance(1 - HOUR_MS)
  expect(found(store, written)?.values).toEqual({ a: '1' })
  const { token: back } = store.update(written, { set: { b: '2' } }) as { token: string }
  advance(HOUR_MS - 1)
  expect(found(store, back)?.values).toEqual({ a: '1', b: '2' })
  advance(1)
  expect([found(store, written), found(store, back)]).toEqual([null, null])
})

test('sliding seals anew at most once per tenth of the idle span', () => {
  const { store, advance } = clockedCookieStore()
  const token = newToken(store, {}, { idleMs: HOUR_MS })
  advance(HOUR_MS / 10 - 1)
  expect(found(store, token, true)?.token).toBe(token)
  advance(1)
  expect(found(store, token, false)?.token).toBe(token)
  const slid = found(store, token, true)
  expect(slid?.token).not.toBe(token)
  expect(slid?.facts.seenAt).toBe(slid?.now)
  expect(found(store, slid?.token ?? '', true)?.token).toBe(slid?.token)
})

test('sliding never moves the absolute end', () => {
  const { store, advance } = clockedCookieStore()
  let token = newToken(store, {}, { idleMs: HOUR_MS, lifetimeMs: 3 * HOUR_MS })
  for (let half = 1; half < 6; half++) {
    advance(HOUR_MS / 2)
    token = found(store, token, true)?.token ?? ''
  }
  advance(HOUR_MS / 2 - 1)
  expect(found(store, token, true)).not.toBeNull()
  advance(1)
  expect(found(store, token, true)).toBeNull()
})

test('yesterday’s token still opens, under the key of its own day', () => {
  const { store, advance } = clockedCookieStore()
  const token = newToken(store, { a: '1' }, { idleMs: 3 * DAY_MS, lifetimeMs: null })
  advance(DAY_MS)
  expect(found(store, token)?.values).toEqual({ a: '1' })
  const moved = withBytes(token, (bytes) => void bytes.writeUInt16BE(bytes.readUInt16BE(3) + 1, 3))
  expect(found(store, moved)).toBeNull()
})

test('a token of a day on which no living session can have been sealed is refused before it is decrypted', () => {
  const { store, other, advance } = clockedCookieStore({ longestIdleMs: 2 * DAY_MS })
  const reader = other({})
  const token = newToken(store, {}, { idleMs: 90 * DAY_MS, lifetimeMs: null })
  const decipher = jest.spyOn(crypto, 'createDecipheriv')
  // Sealed at noon: its day ends after half a day, the span that began in it two days later.
  advance(2.5 * DAY_MS - 1)
  expect(found(reader, token)).not.toBeNull()
  expect(decipher).toHaveBeenCalledTimes(1)
  advance(1)
  expect(found(reader, token)).toBeNull()
  const tomorrow = withBytes(token, (bytes) => void bytes.writeUInt16BE(bytes.readUInt16BE(3) + 10, 3))
  expect(found(reader, tomorrow)).toBeNull()
  expect(decipher).toHaveBeenCalledTimes(1)
  expect(found(other({ longestIdleMs: 90 * DAY_MS }), token)).not.toBeNull()
})

test('T-42: an old cookie restores old data, within its lifetime and not after it', () => {
  const { store, advance } = clockedCookieStore()
  const old = newToken(store, { credit: '100' }, { idleMs: HOUR_MS })
  const spent = store.update(old, { set: { credit: '0' } }) as { token: string }
  expect(found(store, spent.token)?.values).toEqual({ credit: '0' })
  expect(found(store, old)?.values).toEqual({ credit: '100' })
  expect(store.cannot).toContain('revoke')
  advance(HOUR_MS)
  expect(found(store, old)).toBeNull()
})
