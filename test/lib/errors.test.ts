import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { withDeadline } from '../../lib/deadline.js'
import { hasCode, isTimeout, isUnknownOutcome } from '../../lib/errors.js'
import {
  SessionClosedError,
  SessionConflictError,
  SessionDataError,
  SessionError,
  SessionGoneError,
  SessionMissingError,
  SessionStoreError,
  SessionTooLargeError,
  UnsupportedByStoreError,
} from '../../lib/index.js'

const ERRORS = [
  [new SessionStoreError('load', 'failed', { unknown: true }), 'ERR_SESSION_STORE', 503],
  [new SessionGoneError(), 'ERR_SESSION_GONE', 409],
  [new SessionDataError('cart', 'no'), 'ERR_SESSION_DATA', 500],
  [new SessionTooLargeError('too large'), 'ERR_SESSION_TOO_LARGE', 500],
  [new SessionConflictError('n'), 'ERR_SESSION_CONFLICT', 409],
  [new SessionClosedError('closed'), 'ERR_SESSION_CLOSED', 500],
  [new SessionMissingError('missing'), 'ERR_SESSION_MISSING', 500],
  [new UnsupportedByStoreError('no index'), 'ERR_SESSION_UNSUPPORTED', 501],
] as const

/** What an error of another copy of this package, another realm or another version looks like from here. */
const FOREIGN: readonly (readonly [string, (fields: object) => unknown])[] = [
  ['an Error', (fields) => Object.assign(new Error('not sent'), fields)],
  ['a plain object', (fields) => ({ ...fields })],
  ['an object without a prototype', (fields) => Object.assign(Object.create(null), fields)],
  ['an Error of another realm', (fields) => Object.assign(runInNewContext('new Error("not sent")'), fields)],
]

describe.each(FOREIGN)('%s with the code of another copy', (_, make) => {
  test('is told by its code and its fields, not by its class', () => {
    const error = make({ code: 'ERR_SESSION_STORE', unknown: false, timedOut: true })
    expect([hasCode(error, 'ERR_SESSION_STORE'), hasCode(error, 'ERR_SESSION_GONE')]).toEqual([true, false])
    expect([isTimeout(error), isUnknownOutcome(error)]).toEqual([true, false])
  })

  test('is of unknown outcome unless it says otherwise, and no timeout unless it says so', () => {
    for (const fields of [
      { code: 'ERR_SESSION_STORE' },
      { code: 'ERR_SESSION_STORE', unknown: true },
      { code: 'ECONNRESET', unknown: false },
    ]) {
      expect([isUnknownOutcome(make(fields)), isTimeout(make(fields))]).toEqual([true, false])
    }
  })

  test('passes a deadline as it is, whether thrown or rejected, so that what it knows is not lost', async () => {
    const error = make({ code: 'ERR_SESSION_STORE', status: 503, unknown: false })
    const thrown = (): never => {
      throw error
    }
    expect(caught(() => withDeadline('rotate', 750, thrown))).toBe(error)
    await expect(withDeadline('rotate', 750, () => Promise.reject(error))).rejects.toBe(error)
  })
})

test('what is no error at all has no code and is of unknown outcome', () => {
  for (const value of [undefined, null, 'ERR_SESSION_STORE', 5, {}, () => {}]) {
    expect([hasCode(value, 'ERR_SESSION_STORE'), isTimeout(value), isUnknownOutcome(value)]).toEqual([false, false, true])
  }
})

function caught(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('every error', () => {
  test.each(ERRORS)('%s is told by its code, has a status for HTTP, and keeps its message from the client', (error, code, status) => {
    expect(error).toBeInstanceOf(SessionError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code, status, expose: false, name: error.constructor.name })
    expect(error.message.length).toBeGreaterThan(0)
  })

  test('of the store says when to come again, whether the outcome is known, and keeps the cause', () => {
    const cause = new Error('ECONNREFUSED')
    const error = new SessionStoreError('update', 'failed', { unknown: true, cause })
    expect(error).toMatchObject({ headers: { 'Retry-After': '1' }, operation: 'update', unknown: true, cause })
    expect(error.message).toBe('session store: update failed')
  })

  test('that names a key shortens it and escapes what could break a line of a log (T-37)', () => {
    const hostile = `\r\n{"evt":"login"}\u001b[2J${'x'.repeat(1000)}`
    for (const error of [new SessionDataError(hostile, 'no'), new SessionConflictError(hostile)]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must not pass
      expect(error.message).not.toMatch(/[\x00-\x1f]/)
      expect(error.message.length).toBeLessThan(300)
    }
  })
})
