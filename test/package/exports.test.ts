import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import * as main from '../../lib/index.js'
import * as testing from '../../testing/index.js'

// What is listed here is public: a change of these lists is a change of the package's interface.
describe('the package', () => {
  test('has these entries', () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: object }
    expect(Object.keys(exports)).toEqual(['.', './testing', './package.json'])
  })

  test('exports these names from steady-session', () => {
    expect(Object.keys(main).sort()).toEqual([
      'SessionClosedError',
      'SessionConflictError',
      'SessionDataError',
      'SessionError',
      'SessionGoneError',
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
    ])
  })

  test('exports these names from steady-session/testing', () => {
    expect(Object.keys(testing).sort()).toEqual(['cookieFor', 'describeStoreContract'])
  })
})
