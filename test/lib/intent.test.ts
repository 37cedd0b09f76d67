import { describe, expect, jest, test } from '@jest/globals'
import { Intent, withCallback } from '../../lib/intent.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('an intent', () => {
  test('starts at once, before anybody awaits it', () => {
    const operation = jest.fn(() => 1)
    void Intent.of(operation, () => {})
    expect(operation).toHaveBeenCalledTimes(1)
  })

  test('resolves to what the operation gives, now or later', async () => {
    expect(
      await Intent.of(
        () => 1,
        () => {},
      ),
    ).toBe(1)
    expect(
      await Intent.of(
        () => Promise.resolve(2),
        () => {},
      ),
    ).toBe(2)
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('whose operation %s rejects for who awaits it and tells onFailure', async (_, operation: () => never | Promise<never>) => {
    const onFailure = jest.fn()
    const intent = Intent.of(operation, onFailure)
    await expect(intent).rejects.toThrow('broken')
    expect(onFailure).toHaveBeenCalledTimes(1)
    expect(onFailure).toHaveBeenCalledWith(intent, expect.objectContaining({ message: 'broken' }))
  })

  test('that nobody awaits is never an unhandled rejection', async () => {
    const unhandled = jest.fn()
    process.on('unhandledRejection', unhandled)
    void Intent.of(
      () => Promise.reject(new Error('broken')),
      () => {},
    )
    void Intent.of(
      () => {
        throw new Error('broken')
      },
      () => {},
    )
    await turn()
    await turn()
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('knows whether somebody looks at its outcome', async () => {
    const ignored = Intent.of(
      () => 1,
      () => {},
    )
    const awaited = Intent.of(
      () => 1,
      () => {},
    )
    const caught = Intent.of(
      () => 1,
      () => {},
    )
    const done = Intent.of(
      () => 1,
      () => {},
    )
    const gathered = Intent.of(
      () => 1,
      () => {},
    )
    await awaited
    void caught.catch(() => {})
    void done.finally(() => {})
    await Promise.all([gathered])
    expect([ignored, awaited, caught, done, gathered].map((intent) => intent.observed)).toEqual([false, true, true, true, true])
  })

  test('gives plain promises to those who chain', () => {
    const intent = Intent.of(
      () => 1,
      () => {},
    )
    const chained = intent.then((value) => value)
    expect(chained).toBeInstanceOf(Promise)
    expect(chained).not.toBeInstanceOf(Intent)
    expect(intent).toBeInstanceOf(Promise)
  })
})

describe('the callback form', () => {
  test('calls back exactly once, with the error or with nothing, and later', async () => {
    const succeeded = jest.fn()
    const failed = jest.fn()
    const error = new Error('broken')
    void withCallback(Promise.resolve(5), succeeded)
    void withCallback(
      Intent.of(
        () => Promise.reject(error),
        () => {},
      ),
      failed,
    )
    expect([succeeded, failed].map(({ mock }) => mock.calls.length)).toEqual([0, 0])
    await turn()
    expect(succeeded.mock.calls).toEqual([[]])
    expect(failed.mock.calls).toEqual([[error]])
  })

  test('without a callback gives the promise back as it is', () => {
    const promise = Promise.resolve()
    expect(withCallback(promise, undefined)).toBe(promise)
  })
})
