// What a page of another site cannot put into a form: a token that belongs to one session (CSRF; OWASP ASVS 5.0, 3.5.1).
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

export interface FormTokens {
  /** Differs each time, so that a compressed page does not tell it byte by byte (BREACH). */
  make(sessionId: string): string
  isValid(token: string | undefined, sessionId: string): boolean
}

const NONCE_BYTES = 16
const NONCE_LENGTH = 22

/** The newest secret makes, all verify. Every process with the same secrets knows the tokens of the others. */
export function formTokens(secrets: readonly string[], cookieName: string): FormTokens {
  const keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, 'steady-session/v1', `pages-form-token|${cookieName}`, 32)))
  const [newest = randomBytes(32)] = keys
  const sealed = (key: Buffer, nonce: string, id: string): string => createHmac('sha256', key).update(`${nonce}|${id}`).digest('base64url')
  return {
    make(sessionId) {
      const nonce = randomBytes(NONCE_BYTES).toString('base64url')
      return nonce + sealed(newest, nonce, sessionId)
    },
    isValid(token = '', sessionId) {
      const nonce = token.slice(0, NONCE_LENGTH)
      const given = Buffer.from(token.slice(NONCE_LENGTH))
      // Each key is tried, so that the time does not tell which one fits.
      const matches = keys.map((key) => {
        const expected = Buffer.from(sealed(key, nonce, sessionId))
        return given.length === expected.length && timingSafeEqual(given, expected)
      })
      return matches.includes(true)
    },
  }
}
