// Text to token and back: AES-256-GCM under the key of the day, bound to the cookie's name, the audience and the purpose.
//
//   token  = base64url(header | nonce | ciphertext | tag), in parts if one cookie cannot hold it
//   header = version and number of parts (4 bits each) | id of the secret (16 bits) | day since the epoch (16 bits)
import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto'
import { DAY, SECOND } from '../../lib/durations.js'
import { ownText } from '../../lib/own-text.js'
import { type KeyUse, SecretKeys } from './keys.js'
import type { CompleteOptions } from './options.js'
import { inParts, joinParts } from './parts.js'
import { type Opened, RecentTokens } from './recent.js'
import { SealedSize } from './sealed-size.js'

const CIPHER = 'aes-256-gcm'
const VERSION = 1
const HEADER_BYTES = 5
const NONCE_BYTES = 12
const TEXT_AT: number = HEADER_BYTES + NONCE_BYTES
const TAG_BYTES = 16
/** Without it Node accepts tags of 4 bytes. */
const WHOLE_TAG = Object.freeze({ authTagLength: TAG_BYTES })

/** What sealing adds to the text. */
export const OVERHEAD_BYTES: number = TEXT_AT + TAG_BYTES

/** How far the clocks of two servers may be apart. Allowed to stamps from the future alone, so that no clock runs longer by it. */
export const SKEW_MS: number = 60 * SECOND

export class Sealer<T> {
  readonly #ring: readonly SecretKeys[]
  readonly #newest: SecretKeys
  /** What is authenticated besides: room for a token's header, and what tokens are bound to. Only ever used within one call. */
  readonly #bound: Buffer
  readonly #size: SealedSize
  readonly #longestIdleMs: number
  readonly #read: (text: string) => T
  readonly #recent: RecentTokens<T> = new RecentTokens()

  /** What `read` makes of a text may be handed out again. */
  constructor(options: CompleteOptions, purpose: string, read: (text: string) => T) {
    const use: KeyUse = { purpose, name: options.key, audience: options.audience }
    this.#ring = options.secrets.map((secret) => new SecretKeys(secret, use))
    const [newest] = this.#ring
    if (newest === undefined) throw new TypeError('secrets: expected at least one')
    this.#newest = newest
    this.#bound = Buffer.concat([Buffer.alloc(HEADER_BYTES), ...[use.purpose, use.name, use.audience].map(withLength)])
    this.#size = new SealedSize(options, OVERHEAD_BYTES)
    this.#longestIdleMs = options.longestIdleMs
    this.#read = read
  }

  /** Throws `SessionTooLargeError` if the cookies may not be as long. */
  assertFits(text: string): void {
    this.#size.partsFor(Buffer.byteLength(text))
  }

  /** `content` is what `read` will make of the text. */
  seal(text: string, content: T, now: number): string {
    const length = Buffer.byteLength(text)
    const count = this.#size.partsFor(length)
    const day = dayOf(now)
    const sealed = Buffer.allocUnsafe(OVERHEAD_BYTES + length)
    sealed.writeUInt8((VERSION << 4) | count, 0)
    sealed.writeUInt16BE(this.#newest.id, 1)
    sealed.writeUInt16BE(day, 3)
    randomFillSync(sealed, HEADER_BYTES, NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.#newest.ofDay(day), sealed.subarray(HEADER_BYTES, TEXT_AT), WHOLE_TAG)
    cipher.setAAD(this.#boundTo(sealed))
    sealed.set(cipher.update(text, 'utf8'), TEXT_AT)
    // GCM keeps nothing back for the end.
    cipher.final()
    sealed.set(cipher.getAuthTag(), TEXT_AT + length)
    const token = inParts(sealed.toString('base64url'), count)
    this.#recent.keep(token, { content, stale: false, day })
    return token
  }

  /**
   * `null`, whatever is wrong with the token; and nothing else is ever tried to read it. With `now`, a token of a day on which no living
   * session can have been sealed is refused before that.
   */
  open(token: string, now?: number): Opened<T> | null {
    const known = this.#recent.find(token)
    if (known !== undefined) return this.#mayLive(known.day, now) ? known : null
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
      if (text === null) continue
      const opened = { content: this.#read(text), stale: keys !== this.#newest, day }
      this.#recent.keep(ownText(token), opened)
      return opened
    }
    return null
  }

  /**
   * Costs no cryptography. A token dies with its idle span, which began on this day at the latest. Tomorrow is allowed: where another server
   * wrote, it may be past midnight, and what it wrote holds times that are judged to the millisecond.
   */
  #mayLive(day: number, now: number | undefined): boolean {
    return now === undefined || (day <= dayOf(now) + 1 && now < (day + 1) * DAY + this.#longestIdleMs)
  }

  #decrypt(bytes: Buffer, key: KeyObject): string | null {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(HEADER_BYTES, TEXT_AT), WHOLE_TAG)
    decipher.setAAD(this.#boundTo(bytes))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    const text = decipher.update(bytes.subarray(TEXT_AT, -TAG_BYTES))
    try {
      decipher.final()
    } catch {
      return null
    }
    return text.toString('utf8')
  }

  #boundTo(token: Buffer): Buffer {
    token.copy(this.#bound, 0, 0, HEADER_BYTES)
    return this.#bound
  }
}

function dayOf(now: number): number {
  return Math.floor(now / DAY)
}

/** The length before the text keeps two neighbours from meaning another pair. */
function withLength(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}
