// Tokens on their way to and from the cookie: signed under a key of our own, unless the store seals them itself.
import { sign, unsign } from 'cookie-signature'
import type { SessionConfig } from './options.js'
import { ownText } from './own-text.js'
import { signingKey } from './secrets.js'
import { parseToken, TOKEN_LENGTH } from './token.js'

/** Dot and HMAC-SHA-256 in base64 without padding. */
const SIGNATURE_LENGTH = 1 + 43

/** How many signatures that held are remembered: the HMAC costs more than the rest of a read. The proof is judged each time all the same. */
const MAX_RECENT = 2000

/** RFC 6265bis 5.6: browsers drop a cookie whose name and value are longer. */
const MAX_COOKIE_BYTES = 4096

export interface OpenedToken {
  readonly token: string
  /** Signed by a secret that is no longer the first. */
  readonly stale: boolean
}

export interface TokenSigner {
  /** Whether the text could be a cookie of ours at all; costs no cryptography. */
  isPlausible(value: string): boolean
  /** The token in a cookie value; `null` if none of the secrets signed it. */
  open(value: string): OpenedToken | null
  /** The cookie value of a token, under the first secret. */
  seal(token: string): string
}

export function tokenSigner(config: SessionConfig): TokenSigner {
  if (config.store.sealsToken === true) {
    const longest = MAX_COOKIE_BYTES * (config.store.tokenParts ?? 1)
    return {
      isPlausible: (value) => value.length > 0 && value.length <= MAX_COOKIE_BYTES,
      open: (value) => (value.length > 0 && value.length <= longest ? { token: value, stale: false } : null),
      seal: (token) => token,
    }
  }
  const keys = config.secrets.map((secret) => signingKey(secret, config.key))
  const [newest] = keys
  if (newest === undefined) throw new TypeError('secret: expected at least one')
  const recent = new Map<string, OpenedToken>()
  return {
    isPlausible: isSigned,
    open(value) {
      const known = recent.get(value)
      if (known !== undefined) return known
      if (!isSigned(value)) return null
      for (const [age, key] of keys.entries()) {
        const token = unsign(value, key)
        if (token !== false) return remember(recent, value, { token, stale: age > 0 })
      }
      return null
    },
    seal: (token) => sign(token, newest),
  }
}

function isSigned(value: string): boolean {
  return value.length === TOKEN_LENGTH + SIGNATURE_LENGTH && parseToken(value.slice(0, TOKEN_LENGTH)) !== null
}

function remember(recent: Map<string, OpenedToken>, value: string, opened: OpenedToken): OpenedToken {
  if (recent.size >= MAX_RECENT) recent.clear()
  const copy = { ...opened, token: ownText(opened.token) }
  recent.set(ownText(value), copy)
  return copy
}
