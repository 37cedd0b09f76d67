import { describe, expect, test } from '@jest/globals'
import * as main from '../../lib/index.js'
import * as testing from '../../testing/index.js'

// What is listed here is public; a change of the list is a change of the package's interface.
describe('the exports', () => {
  test('of steady-session are these', () => {
    expect(Object.keys(main).sort()).toEqual(['default'])
  })

  test('of steady-session/testing are these', () => {
    expect(Object.keys(testing).sort()).toEqual(['cookieFor', 'describeStoreContract'])
  })
})
