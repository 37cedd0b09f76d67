import { expect, test } from '@jest/globals'
import * as client from '../../client/index.js'

// What is listed here is public: a change of this list is a change of the package's interface.
test('the package exports these names from steady-session/client, and a server may import them', () => {
  expect(Object.keys(client)).toEqual(['watchSession'])
})
