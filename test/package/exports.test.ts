import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import * as auth from '../../auth/index.js'
import * as main from '../../lib/index.js'
import * as audit from '../../ops/audit.js'
import * as metrics from '../../ops/metrics.js'
import * as pages from '../../pages/index.js'
import * as testing from '../../testing/index.js'

// What is listed here is public: a change of these lists is a change of the package's interface.
describe('the package', () => {
  test('has these entries', () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: object }
    expect(Object.keys(exports)).toEqual([
      '.',
      './auth',
      './client',
      './audit',
      './metrics',
      './pages',
      './testing',
      './audit.schema.json',
      './package.json',
    ])
  })

  test('exports these names from steady-session', () => {
    expect(Object.keys(main).sort()).toEqual([
      'SessionClosedError',
      'SessionConflictError',
      'SessionDataError',
      'SessionError',
      'SessionGoneError',
      'SessionLimitError',
      'SessionMissingError',
      'SessionStoreError',
      'SessionTooLargeError',
      'USER_INDEX',
      'UnsupportedByStoreError',
      'cookieStore',
      'default',
      'expressStore',
      'memcacheStore',
      'memoryStore',
      'policies',
      'redisStore',
      'session',
      'sessionStatus',
    ])
  })

  test('exports these names from steady-session/auth', () => {
    expect(Object.keys(auth).sort()).toEqual([
      'NotSignedInError',
      'beginSignIn',
      'completeSignIn',
      'countAttempt',
      'pendingUser',
      'reauthenticated',
      'requireFresh',
      'requireLogin',
      'returnTo',
      'withReturnTo',
    ])
  })

  test('exports one function each from steady-session/audit and steady-session/metrics', () => {
    expect(Object.keys(audit)).toEqual(['audit'])
    expect(Object.keys(metrics)).toEqual(['metrics'])
  })

  test('exports one function from steady-session/pages', () => {
    expect(Object.keys(pages)).toEqual(['sessionPages'])
  })

  test('exports these names from steady-session/testing', () => {
    expect(Object.keys(testing).sort()).toEqual(['cookieFor', 'describeStoreContract'])
  })
})
