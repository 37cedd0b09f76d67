import { describe, expect, test } from '@jest/globals'
import { sign } from 'cookie-signature'
import { joinToken, newHandle, newVerifier } from '../../lib/token.js'
import { memoryStore } from '../../stores/memory.js'
import { appOf, OTHER_SECRET, SECRET } from './harness.js'

const THIRD_SECRET = 'a third secret, for keys that came and went'

function newToken(): string {
  return joinToken(newHandle(), newVerifier())
}

describe('the signature of a token', () => {
  test('opens with the secret that made it', () => {
    const { signer } = appOf()
    const token = newToken()
    expect(signer.open(signer.seal(token))).toEqual({ token, stale: false })
  })

  test('is always made by the newest secret, and verified by all of them (T-26)', () => {
    const token = newToken()
    const first = appOf({ secret: [OTHER_SECRET] }).signer
    const rotated = appOf({ secret: [SECRET, OTHER_SECRET] }).signer
    const second = appOf({ secret: [SECRET] }).signer
    expect(rotated.open(first.seal(token))).toEqual({ token, stale: true })
    expect(rotated.seal(token)).toBe(second.seal(token))
    expect(rotated.open(rotated.seal(token))).toEqual({ token, stale: false })
    expect(second.open(first.seal(token))).toBeNull()
  })

  test('of an unknown secret opens nothing', () => {
    expect(appOf({ secret: THIRD_SECRET }).signer.open(appOf().signer.seal(newToken()))).toBeNull()
  })

  test('holds for one cookie name only (T-73)', () => {
    const token = newToken()
    expect(appOf({ key: 'admin' }).signer.open(appOf({ key: 'sid' }).signer.seal(token))).toBeNull()
  })

  test('is not what cookie-signature makes of the same secret, so that nothing else the application signs passes for it', () => {
    const { signer } = appOf()
    const token = newToken()
    expect(signer.open(sign(token, SECRET))).toBeNull()
    expect(signer.seal(token)).not.toBe(sign(token, SECRET))
  })

  test('fails when any one bit of the cookie value changes (T-4)', () => {
    const { signer } = appOf()
    const value = signer.seal(newToken())
    for (let at = 0; at < value.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ (1 << bit)) + value.slice(at + 1)
        expect(signer.open(flipped)).toBeNull()
      }
    }
  })

  test('has one spelling: padding, spaces and the other base64 alphabet are refused (T-83)', () => {
    const { signer } = appOf()
    const value = signer.seal(newToken())
    const variants = [`${value}=`, `${value} `, ` ${value}`, value.replaceAll('+', '-').replaceAll('/', '_').replace(/$/, '_')]
    for (const variant of variants) expect(signer.open(variant)).toBeNull()
  })
})

describe('what could be a cookie of ours', () => {
  test('has exactly the length and form of a signed token', () => {
    const { signer } = appOf()
    const value = signer.seal(newToken())
    expect(signer.isPlausible(value)).toBe(true)
    for (const other of ['', `${value}A`, value.slice(1), newToken(), `s:${value}`, 'x'.repeat(value.length)]) {
      expect(signer.isPlausible(other)).toBe(false)
    }
  })

  // T-70: no fall-back decoder of any other format.
  test.each(['j:{"userId":1}', Buffer.from('{"userId":1}').toString('base64'), 's:abc.def', 'null', '{}'])('is not %p (T-70)', (value) => {
    const { signer } = appOf()
    expect(signer.isPlausible(value)).toBe(false)
    expect(signer.open(value)).toBeNull()
  })
})

describe('a store that seals its tokens itself', () => {
  test('gets the cookie value as it is, up to the length that browsers keep', () => {
    const store = Object.assign(Object.create(memoryStore()), { sealsToken: true })
    const { signer } = appOf({ store })
    expect(signer.seal('sealed')).toBe('sealed')
    expect(signer.open('sealed')).toEqual({ token: 'sealed', stale: false })
    expect(signer.isPlausible('')).toBe(false)
    expect(signer.isPlausible('x'.repeat(4096))).toBe(true)
    expect(signer.isPlausible('x'.repeat(4097))).toBe(false)
  })
})
