import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { joinToken, newHandle, newVerifier, parseToken, proofOf, sameProof, TOKEN_LENGTH } from '../../lib/token.js'

/** Chi-square of the bytes against an even distribution, 255 degrees of freedom. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

describe('a token', () => {
  // 1e6 in security.md; 1e5 here, which shows the same in a fraction of the time.
  test('has a handle of 128 and a verifier of 256 random bits, and none comes twice (T-6)', () => {
    const handles = new Set<string>()
    const verifiers = new Set<string>()
    const counts = new Array<number>(256).fill(0)
    for (let i = 0; i < 100_000; i++) {
      const verifier = newVerifier()
      handles.add(newHandle())
      verifiers.add(verifier)
      for (const byte of Buffer.from(verifier, 'base64url')) counts[byte] = (counts[byte] ?? 0) + 1
    }
    expect(handles.size).toBe(100_000)
    expect(verifiers.size).toBe(100_000)
    expect([...handles].every((handle) => /^[\w-]{22}$/.test(handle))).toBe(true)
    expect([...verifiers].every((verifier) => /^[\w-]{43}$/.test(verifier))).toBe(true)
    // p = 1e-6 on either side: fails once in half a million runs.
    expect(chiSquare(counts)).toBeLessThan(375)
    expect(chiSquare(counts)).toBeGreaterThan(160)
  })

  test('is read back into its two halves', () => {
    const [handle, verifier] = [newHandle(), newVerifier()]
    expect(joinToken(handle, verifier)).toHaveLength(TOKEN_LENGTH)
    expect(parseToken(joinToken(handle, verifier))).toEqual({ handle, verifier })
  })

  test('of any other form is none: only the exact grammar goes on (T-46)', () => {
    const good = joinToken('A'.repeat(22), 'B'.repeat(43))
    const bad = ['', '.', good.slice(1), good.slice(0, -1), `${good}=`, ` ${good.slice(1)}`, good.replace('.', '-'), good.replace('B', '.')]
    const alphabets = ['+', '/', '=', '\0', '\r', '\n', "'", '%', 'é', ' ', ';'].map((sign) => good.replace('B', sign))
    for (const text of [...bad, ...alphabets]) expect(parseToken(text)).toBeNull()
  })

  test('is never found in arbitrary text of any length (T-46)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const parsed = parseToken(text)
        expect(parsed === null || /^[\w-]{22}\.[\w-]{43}$/.test(text)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a proof', () => {
  test('is the SHA-256 of the verifier and does not contain it', () => {
    expect(proofOf('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
    const verifier = newVerifier()
    expect(proofOf(verifier)).not.toContain(verifier)
  })

  test('differs for verifiers that decode to the same bytes, so that no second spelling of one passes (T-83)', () => {
    const verifier = Buffer.alloc(32).toString('base64url')
    const lenient = `${verifier.slice(0, -1)}B`
    expect(Buffer.from(lenient, 'base64url').equals(Buffer.from(verifier, 'base64url'))).toBe(true)
    expect(sameProof(proofOf(verifier), proofOf(lenient))).toBe(false)
  })

  test('equals itself only; another length is a plain no', () => {
    const proof = proofOf(newVerifier())
    expect(sameProof(proof, `${proof}`)).toBe(true)
    expect(sameProof(proof, proofOf(newVerifier()))).toBe(false)
    expect(sameProof(proof, '')).toBe(false)
    expect(sameProof(proof, `${proof}A`)).toBe(false)
  })
})
