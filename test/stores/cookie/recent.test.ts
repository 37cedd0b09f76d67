// A token that was opened a moment ago is not decrypted again; that the session lives is judged each time.
import crypto from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, expect, jest, test } from '@jest/globals'
import { memoryStore } from '../../../stores/memory.js'
import { clockedCookieStore, DAY_MS, found, newToken, withBytes } from '../cookie-kit.js'

afterEach(() => {
  jest.restoreAllMocks()
})

test('a load and the update after it decrypt once, with and without records', async () => {
  const { store, other } = clockedCookieStore()
  for (const one of [store, other({ revocation: memoryStore() })]) {
    const token = newToken(one, { a: '1' })
    const decipher = jest.spyOn(crypto, 'createDecipheriv')
    await one.load(token, { slide: false })
    const updated = await one.update(token, { set: { b: '2' } })
    expect(decipher).toHaveBeenCalledTimes(1)
    const loaded = await one.load(updated.outcome === 'saved' ? updated.token : '', { slide: false })
    expect(loaded).toMatchObject({ values: { a: '1', b: '2' } })
    decipher.mockRestore()
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

test('it is few that are remembered, none of which can be seen or changed', () => {
  const { store } = clockedCookieStore()
  const tokens = Array.from({ length: 9 }, () => newToken(store, { a: 'hunter2' }))
  for (const token of tokens) found(store, token)
  const decipher = jest.spyOn(crypto, 'createDecipheriv')
  for (const token of tokens.slice(1)) found(store, token)
  expect(decipher).not.toHaveBeenCalled()
  const first = found(store, tokens[0] ?? '')
  expect(decipher).toHaveBeenCalledTimes(1)
  expect([first?.values, first?.facts, first?.facts.indexes].every(Object.isFrozen)).toBe(true)
  const shown = inspect(store, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null })
  for (const secret of ['hunter2', ...tokens]) expect(shown.includes(secret)).toBe(false)
})
