// What is derived from one secret: its id, and a key for each day, so that random nonces stay few per key (SP 800-38D 8.3: 2^32).
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

/** Sessions that were not used for long come back with old keys, a few at a time. */
const MAX_CACHED_DAYS = 64

const KEY_BYTES = 32

/** What a key is for. Two that differ in anything have nothing in common. */
export interface KeyUse {
  readonly purpose: string
  readonly name: string
  readonly audience: string
}

export class SecretKeys {
  /** Tells secrets apart whatever their order in the ring. 16 bits: two secrets may share one, and then both are tried. */
  readonly id: number
  readonly #master: KeyObject
  readonly #info: string
  readonly #ofDays: Map<number, KeyObject> = new Map()
  #lastDay = Number.NaN
  #lastKey: KeyObject | undefined

  constructor(secret: string, { purpose, name, audience }: KeyUse) {
    this.#master = createSecretKey(derive(secret, 'steady-session/v1', 'cookie-master', KEY_BYTES))
    this.id = derive(this.#master, '', 'cookie-key-id', 2).readUInt16BE()
    // The lengths keep a name that ends where an audience begins from meaning another pair.
    this.#info = `cookie-enc|${purpose}|${name.length}|${name}|${audience.length}|${audience}`
  }

  /** The key of a day, counted from the epoch. */
  ofDay(day: number): KeyObject {
    // It is at the end of the line already.
    if (day === this.#lastDay && this.#lastKey !== undefined) return this.#lastKey
    const key = this.#ofDays.get(day) ?? createSecretKey(derive(this.#master, '', `${this.#info}|${day}`, KEY_BYTES))
    // To the end of the line: the one that nobody asked for longest is the first.
    this.#ofDays.delete(day)
    this.#ofDays.set(day, key)
    for (const oldest of this.#ofDays.keys()) {
      if (this.#ofDays.size <= MAX_CACHED_DAYS) break
      this.#ofDays.delete(oldest)
    }
    this.#lastDay = day
    this.#lastKey = key
    return key
  }
}

/** RFC 5869. */
function derive(secret: string | KeyObject, salt: string, info: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, bytes))
}
