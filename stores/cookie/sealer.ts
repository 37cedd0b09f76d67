// Text to token and back: AES-256-GCM under the key of the day, bound to the cookie's name, the audience and the purpose.
//
//   token  = base64url(header | nonce | ciphertext | tag), in parts if one cookie cannot hold it
//   header = version and number of parts (4 bits each) | id of the secret (16 bits) | day since the epoch (16 bits)
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'
import { DAY, SECOND } from '../../lib/durations.js'
import { type KeyUse, SecretKeys } from './keys.js'
import type { CompleteOptions } from './options.js'
import { inParts, joinParts } from './parts.js'
import { SealedSize } from './sealed-size.js'

const CIPHER = 'aes-256-gcm'
const VERSION = 1
const HEADER_BYTES = 5
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** What sealing adds to the text. */
export const OVERHEAD_BYTES: number = HEADER_BYTES + NONCE_BYTES + TAG_BYTES

/** How far the clocks of two servers may be apart. Allowed to stamps from the future alone, so that no clock runs longer by it. */
export const SKEW_MS: number = 60 * SECOND

export interface Opened {
  readonly text: string
  /** When it was sealed, in days since the epoch. */
  readonly day: number
  /** Sealed by a secret that is no longer the first. */
  readonly stale: boolean
}

export class Sealer {
  readonly #ring: readonly SecretKeys[]
  readonly #newest: SecretKeys
  readonly #bound: Buffer
  readonly #size: SealedSize
  readonly #longestIdleMs: number

  constructor(options: CompleteOptions, purpose: string) {
    const use: KeyUse = { purpose, name: options.key, audience: options.audience }
    this.#ring = options.secrets.map((secret) => new SecretKeys(secret, use))
    const [newest] = this.#ring
    if (newest === undefined) throw new TypeError('secrets: expected at least one')
    this.#newest = newest
    this.#bound = Buffer.concat([use.purpose, use.name, use.audience].map(withLength))
    this.#size = new SealedSize(options, OVERHEAD_BYTES)
    this.#longestIdleMs = options.longestIdleMs
  }

  /** Throws `SessionTooLargeError` if the cookies may not be as long. */
  assertFits(text: string): void {
    this.#size.partsFor(Buffer.byteLength(text))
  }

  seal(text: string, now: number): string {
    const bytes = Buffer.from(text)
    const count = this.#size.partsFor(bytes.length)
    const day = dayOf(now)
    const header = Buffer.allocUnsafe(HEADER_BYTES)
    header.writeUInt8((VERSION << 4) | count, 0)
    header.writeUInt16BE(this.#newest.id, 1)
    header.writeUInt16BE(day, 3)
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.#newest.ofDay(day), nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(Buffer.concat([header, this.#bound]))
    const sealed = [header, nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]
    return inParts(Buffer.concat(sealed).toString('base64url'), count)
  }

  /** `null`, whatever is wrong with the token; and nothing else is ever tried to read it. */
  open(token: string, now: number): Opened | null {
    if (token.length > this.#size.longestToken) return null
    const parts = joinParts(token)
    if (parts === null) return null
    const bytes = Buffer.from(parts.text, 'base64url')
    // Node also decodes padding, blanks, `+/` and stray bits: one token has one spelling.
    if (bytes.length < OVERHEAD_BYTES || bytes.toString('base64url') !== parts.text) return null
    if (bytes.readUInt8(0) !== ((VERSION << 4) | parts.count)) return null
    const day = bytes.readUInt16BE(3)
    if (!this.#mayLive(day, now)) return null
    for (const keys of this.#ring) {
      const text = keys.id === bytes.readUInt16BE(1) ? this.#decrypt(bytes, keys.ofDay(day)) : null
      if (text !== null) return { text, day, stale: keys !== this.#newest }
    }
    return null
  }

  /** Costs no cryptography. A token dies with its idle span, which began on this day at the latest. */
  #mayLive(day: number, now: number): boolean {
    return day <= dayOf(now + SKEW_MS) && now < (day + 1) * DAY + this.#longestIdleMs
  }

  #decrypt(bytes: Buffer, key: KeyObject): string | null {
    const nonceEnd = HEADER_BYTES + NONCE_BYTES
    // Without authTagLength Node accepts tags of 4 bytes.
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(HEADER_BYTES, nonceEnd), { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.concat([bytes.subarray(0, HEADER_BYTES), this.#bound]))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    const text = decipher.update(bytes.subarray(nonceEnd, -TAG_BYTES))
    try {
      decipher.final()
    } catch {
      return null
    }
    return text.toString('utf8')
  }
}

export function dayOf(now: number): number {
  return Math.floor(now / DAY)
}

/** The length before the text keeps two neighbours from meaning another pair. */
function withLength(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}
