import { describe, expect, test } from '@jest/globals'
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
