import { describe, expect, test } from '@jest/globals'
import { isPending, isPromise, whenReady } from '../../lib/maybe.js'

// biome-ignore lint/suspicious/noThenProperty: what has one is a promise to us, too
const THENABLE = { then: () => {} }

describe('an answer that may be a promise', () => {
  test('is one if it has a then, whoever made it', () => {
    expect([isPromise(Promise.resolve()), isPromise(THENABLE as never)]).toEqual([true, true])
    expect([undefined, null, 0, '', 'then', {}, []].map((value) => isPromise(value as never))).toEqual(Array(7).fill(false))
  })

  test('of our own is one of ours', async () => {
    expect([isPending(Promise.resolve()), isPending((async () => {})())]).toEqual([true, true])
    expect([undefined, null, 0, '', {}, [], THENABLE].map((value) => isPending(value as never))).toEqual(Array(7).fill(false))
  })

  test('of our own is one also if something else took the name Promise', async () => {
    const { Promise: own } = globalThis
    globalThis.Promise = class Other<T> extends own<T> {} as never
    try {
      expect([isPending((async () => {})()), isPending(globalThis.Promise.resolve()), isPending({} as never)]).toEqual([true, true, false])
    } finally {
      globalThis.Promise = own
    }
  })

  test('goes on at once if it is there, and stays without a promise', () => {
    expect(whenReady(1, (value) => value + 1)).toBe(2)
    expect(() =>
      whenReady(1, () => {
        throw new Error('now')
      }),
    ).toThrow('now')
  })

  test('goes on when it comes', async () => {
    expect(await whenReady(Promise.resolve(1), (value) => value + 1)).toBe(2)
    await expect(whenReady(Promise.reject(new Error('later')), () => 1)).rejects.toThrow('later')
  })
})
