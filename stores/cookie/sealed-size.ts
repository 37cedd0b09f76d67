// How many cookies a text needs once it is sealed, and whether the browser and the servers in between take them.
import { SessionTooLargeError } from '../../lib/errors.js'
import { type CompleteOptions, MAX_COOKIE_BYTES } from './options.js'
import { partLength } from './parts.js'

/** nginx and others refuse a request with a header line of 8 KiB; then the user is locked out until the cookie expires. */
const MAX_HEADER_BYTES: number = 8 * 1024 - 'Cookie: \r\n'.length

/** From here on the application is warned. */
const WARNED_SHARE = 0.75

export class SealedSize {
  /** A longer text need not be looked at. */
  readonly longestToken: number
  readonly #options: CompleteOptions
  readonly #overhead: number
  #warned = false

  constructor(options: CompleteOptions, overhead: number) {
    this.#options = options
    this.#overhead = overhead
    this.longestToken = options.chunks === 1 ? MAX_COOKIE_BYTES : MAX_HEADER_BYTES
  }

  /** The number of cookies. Throws `SessionTooLargeError` if there is none that is enough. */
  partsFor(textBytes: number): number {
    const { chunks } = this.#options
    const length = Math.ceil(((textBytes + this.#overhead) * 4) / 3)
    let count = 1
    while (count < chunks && !this.#fits(length, count)) count++
    if (!this.#fits(length, count)) throw this.#tooLarge(length)
    if (!this.#fits(length / WARNED_SHARE, chunks)) this.#warn(length)
    return count
  }

  #fits(length: number, count: number): boolean {
    const { key, maxBytes, attributeBytes } = this.#options
    if (count === 1) return key.length + length + attributeBytes <= maxBytes
    const name = key.length + '.0'.length
    const header = length + count * (name + '='.length) + (count - 1) * '; '.length
    return name + partLength(length, count) + attributeBytes <= maxBytes && header <= MAX_HEADER_BYTES
  }

  #tooLarge(length: number): SessionTooLargeError {
    const { chunks, maxBytes, attributeBytes } = this.#options
    const [room, remedy] =
      chunks === 1
        ? [`one cookie of ${maxBytes} bytes, ${attributeBytes} of them for its attributes`, 'a store on a server, or chunks: 2']
        : [`${chunks} cookies of ${maxBytes} bytes and 8 KiB in all`, 'a store on a server']
    return new SessionTooLargeError(
      `the sealed session takes ${length} bytes; that does not fit into ${room}; keep less in it, or use ${remedy}`,
    )
  }

  #warn(length: number): void {
    if (this.#warned) return
    this.#warned = true
    const message = `a sealed session takes ${length} bytes, over ${100 * WARNED_SHARE} % of what fits; one that does not fit cannot be saved`
    process.emitWarning(message, { type: 'SteadySessionWarning', code: 'STEADY_SESSION_LARGE_COOKIE' })
  }
}
