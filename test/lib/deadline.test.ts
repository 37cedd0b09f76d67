import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { withDeadline } from '../../lib/deadline.js'
import { SessionDataError, SessionStoreError } from '../../lib/index.js'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

describe('a store call under a deadline', () => {
  test('that answers without a promise is passed through without one', () => {
    expect(withDeadline('load', 750, () => 5)).toBe(5)
    expect(jest.getTimerCount()).toBe(0)
  })

  test('that answers in time leaves no timer behind', async () => {
    await expect(withDeadline('load', 750, () => Promise.resolve(5))).resolves.toBe(5)
    await expect(withDeadline('load', 750, () => Promise.reject(new Error('x')))).rejects.toThrow()
    expect(jest.getTimerCount()).toBe(0)
  })

  test('that throws or rejects becomes a SessionStoreError of unknown outcome, which shows nothing of the backend (T-38)', async () => {
    const cause = new Error('connect ECONNREFUSED 10.0.0.7:6379')
    const expected = { code: 'ERR_SESSION_STORE', status: 503, expose: false, operation: 'update', unknown: true, cause }
    await expect(withDeadline('update', 750, () => Promise.reject(cause))).rejects.toMatchObject(expected)
    const attempt = (): unknown =>
      withDeadline('update', 750, () => {
        throw cause
      })
    expect(attempt).toThrow(SessionStoreError)
    expect(attempt).toThrow(/^session store: update failed$/)
  })

  test('that does not answer ends at the deadline, not before and not after', async () => {
    const seen = jest.fn()
    const call = withDeadline('load', 750, () => new Promise<number>(() => {})) as Promise<number>
    call.catch(seen)
    await jest.advanceTimersByTimeAsync(749)
    expect(seen).not.toHaveBeenCalled()
    await jest.advanceTimersByTimeAsync(1)
    expect(seen).toHaveBeenCalledWith(
      expect.objectContaining({ message: 'session store: load did not answer within 750 ms', unknown: true }),
    )
  })

  test('that succeeds after its deadline tells onLate, and only then', async () => {
    const onLate = jest.fn()
    let answer = (_value: number): void => {}
    const call = withDeadline(
      'create',
      750,
      () =>
        new Promise<number>((resolve) => {
          answer = resolve
        }),
      onLate,
    ) as Promise<number>
    call.catch(() => {})
    await jest.advanceTimersByTimeAsync(1000)
    expect(onLate).not.toHaveBeenCalled()
    answer(5)
    await jest.advanceTimersByTimeAsync(0)
    expect(onLate).toHaveBeenCalledWith(5)
    await withDeadline('create', 750, () => Promise.resolve(6), onLate)
    expect(onLate).toHaveBeenCalledTimes(1)
  })

  test('that fails after its deadline is forgotten', async () => {
    let fail = (_error: Error): void => {}
    const call = withDeadline(
      'create',
      750,
      () =>
        new Promise<number>((_resolve, reject) => {
          fail = reject
        }),
    ) as Promise<number>
    const seen = jest.fn()
    call.catch(seen)
    await jest.advanceTimersByTimeAsync(750)
    fail(new Error('late'))
    await jest.advanceTimersByTimeAsync(0)
    expect(seen).toHaveBeenCalledTimes(1)
  })

  test('keeps an error of this package as it is', async () => {
    const error = new SessionDataError('cart', 'damaged')
    await expect(withDeadline('load', 750, () => Promise.reject(error))).rejects.toBe(error)
  })
})
