// A token that was opened a moment ago is not decrypted again; that the session lives is judged each time.
import crypto from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, expect, jest, test } from '@jest/globals'
import { memoryStore } from '../../../stores/memory.js'
import { clockedCookieStore, DAY_MS, found, newToken, withBytes } from '../cookie-kit.js'

afterEach(() => {
  jest.restoreAllMocks()
})

test('what was sealed or opened here is not decrypted again, with and without records', async () => {
  const { store, other } = clockedCookieStore()
  const revocation = memoryStore()
  for (const [one, elsewhere] of [[store, other({})] as const, [other({ revocation }), other({ revocation })] as const]) {
    const token = newToken(one, { a: '1' })
    const decipher = jest.spyOn(crypto, 'createDecipheriv')
    await one.load(token, { slide: false })
    expect(decipher).toHaveBeenCalledTimes(0)
    await elsewhere.load(token, { slide: false })
    const updated = await elsewhere.update(token, { set: { b: '2' } })
    expect(decipher).toHaveBeenCalledTimes(1)
    const written = updated.outcome === 'saved' ? updated.token : ''
    expect(await elsewhere.load(written, { slide: false })).toMatchObject({ values: { a: '1', b: '2' } })
    expect(decipher).toHaveBeenCalledTimes(1)
    expect(await one.load(written, { slide: false })).toMatchObject({ values: { a: '1', b: '2' } })
    expect(decipher).toHaveBeenCalledTimes(2)
    decipher.mockRestore()
  }
})

test('what is remembered of a token is what another process reads in it', () => {
  const { store, other, advance } = clockedCookieStore()
  const given = { a: '1', ['__proto__']: '2' }
  const first = newToken(store, given, { address: '192.0.2.1', agent: 'Firefox', indexes: { userId: '7' } })
  given.a = 'changed by the caller'
  advance(1000)
  const updated = store.update(first, { set: { b: '3' }, unset: ['a'], indexes: { room: 'r' } })
  const rotated = store.rotate(first, { clear: { keep: ['a'] }, terms: { idleMs: 5_000_000, certificate: 'c' } })
  advance(400_000)
  const slid = found(store, first, true)?.token ?? ''
  if (updated instanceof Promise || updated.outcome !== 'saved' || rotated instanceof Promise) throw new TypeError('expected an answer')
  const tokens = [first, updated.token, rotated?.token ?? '', slid]
  expect(new Set(tokens).size).toBe(4)
  for (const token of tokens) {
    const [here, there] = [found(store, token), found(other({}), token)]
    expect(here).not.toBeNull()
    expect(here).toStrictEqual(there)
    expect([here?.values, here?.facts, here?.facts.indexes].every(Object.isFrozen)).toBe(true)
  }
})

test('both clocks, and the longest idle span, are judged each time', () => {
  const { store, other, advance } = clockedCookieStore()
  for (const terms of [{ idleMs: 1000 }, { lifetimeMs: 1000 }]) {
    const token = newToken(store, {}, terms)
    expect(found(store, token)).not.toBeNull()
    advance(1000)
    expect(found(store, token)).toBeNull()
    expect(store.update(token, { set: { a: '1' } })).toEqual({ outcome: 'gone' })
  }
  const short = other({ longestIdleMs: DAY_MS })
  const token = newToken(short, {}, { idleMs: 9 * DAY_MS, lifetimeMs: null })
  expect(found(short, token)).not.toBeNull()
  advance(2 * DAY_MS)
  expect(found(short, token)).toBeNull()
})

test('one bit beside a token that is remembered is another token', () => {
  const { store } = clockedCookieStore()
  const token = newToken(store, { a: '1' })
  found(store, token)
  const wrong = withBytes(token, (bytes) => void bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1))
  expect([found(store, wrong), found(store, `${token}=`), found(store, '')]).toEqual([null, null, null])
})

test('a megabyte of tokens is remembered, none of which can be seen or changed', () => {
  const { store, other } = clockedCookieStore({ chunks: 3 })
  const reader = other({})
  const tokens = Array.from({ length: 140 }, () => newToken(store, { a: `hunter2${'x'.repeat(5200)}` }))
  const opened = (): void => tokens.forEach((token) => void found(reader, token))
  const decipher = jest.spyOn(crypto, 'createDecipheriv')
  opened()
  opened()
  expect(decipher).toHaveBeenCalledTimes(140)
  const more = Array.from({ length: 15 }, () => newToken(store, { a: 'x'.repeat(5200) }))
  for (const token of more) found(reader, token)
  decipher.mockClear()
  found(reader, tokens[0] ?? '')
  expect(decipher).toHaveBeenCalledTimes(1)
  const first = found(reader, tokens[0] ?? '')
  expect([first?.values, first?.facts, first?.facts.indexes].every(Object.isFrozen)).toBe(true)
  const shown = inspect(reader, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null })
  for (const secret of ['hunter2', ...tokens]) expect(shown.includes(secret)).toBe(false)
})
