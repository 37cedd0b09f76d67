import { randomBytes } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { signingKey, weaknessOf } from '../../lib/secrets.js'

// From READMEs, tutorials, leaked lists and scaffolds (CVE-2023-27524), as they stand there.
const KNOWN = [
  'secret',
  'Secret',
  'SECRET',
  'mysecret',
  'my secret',
  'my-secret',
  'my_secret_key',
  'your secret',
  'your-secret-here',
  'YOUR_SECRET_KEY',
  'your secret key here',
  'supersecret',
  'super secret',
  'super-secret-key',
  'top secret',
  'secretkey',
  'session secret',
  'session_secret',
  'cookie secret',
  'express-session-secret',
  'keyboard cat',
  'keyboardcat',
  'Keyboard Cat!',
  'keyboard dog',
  'this is a secret',
  'this is my secret',
  'shhhh',
  'shhhhh',
  "shhh, it's a secret",
  'its a secret',
  'a very secret key',
  'very secret',
  'changeme',
  'CHANGE_ME',
  'change me!',
  'change this',
  'please change me',
  'changeit',
  'replace me',
  'replace-this',
  'placeholder',
  'example',
  'default',
  'development',
  'dev-secret',
  'test',
  'testsecret',
  'testing',
  'password',
  'passw0rd',
  'password123',
  'letmein',
  'qwerty',
  'abc123',
  'foobar',
  'foo bar baz',
  'hello world',
  'cats are cool',
  '1234567890',
  'deadbeef',
  'you shall not pass',
  'some secret',
  'some secret value',
  'any random string',
  'complex_password_at_least_32_characters_long',
  'complex password at least 32 characters long for encryption',
] as const

describe('a secret', () => {
  test.each(KNOWN)('%p is known and refused (T-74)', (secret) => {
    expect(weaknessOf(secret)).not.toBeNull()
  })

  test.each(KNOWN)('%p repeated until it is long enough is refused as well (T-74)', (secret) => {
    expect(weaknessOf(secret.repeat(Math.ceil(40 / secret.length)))).not.toBeNull()
    expect(weaknessOf(`${secret} `.repeat(Math.ceil(40 / secret.length)))).not.toBeNull()
  })

  test.each([
    'x'.repeat(64),
    '0'.repeat(32),
    'abab'.repeat(16),
    '1234567890'.repeat(4),
    'abcdefgh'.repeat(8),
    '\0'.repeat(40),
    '0123456789abcdef'.repeat(4),
  ])('%p is a pattern and refused (T-74)', (secret) => {
    expect(weaknessOf(secret)).not.toBeNull()
  })

  test('counts bytes, and needs 32 of them', () => {
    const random = randomBytes(64).toString('base64')
    expect(weaknessOf(random.slice(0, 31))).toBe('is shorter than 32 bytes')
    expect(weaknessOf(random.slice(0, 32))).toBeNull()
    expect(weaknessOf('aé'.repeat(5))).toBe('is shorter than 32 bytes')
  })

  test('from a random generator is never refused, in hex or in base64', () => {
    for (let i = 0; i < 2000; i++) {
      const bytes = randomBytes(32)
      for (const encoding of ['hex', 'base64', 'base64url'] as const) expect(weaknessOf(bytes.toString(encoding))).toBeNull()
    }
  })

  test('never stands in the sentence that says why it is weak', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4, maxLength: 80 }), (secret) => {
        const weakness = weaknessOf(secret)
        expect(
          weakness === null || ['is shorter than 32 bytes', 'is a known example', 'is a pattern that can be guessed'].includes(weakness),
        ).toBe(true)
      }),
    )
  })
})

describe('the signing key', () => {
  test('depends on the secret and on the name of the cookie (T-65)', () => {
    const hex = (secret: string, name: string): string => signingKey(secret, name).export().toString('hex')
    expect(hex('a', 'sid')).toHaveLength(64)
    expect(hex('a', 'sid')).toBe(hex('a', 'sid'))
    expect(new Set([hex('a', 'sid'), hex('a', 'admin'), hex('b', 'sid')]).size).toBe(3)
  })

  test('does not show in a dump of the object', () => {
    expect(JSON.stringify(signingKey('a secret', 'sid'))).toBe('{}')
  })
})
