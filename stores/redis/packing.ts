// How a value stands in Redis: as it is, unless it is long and to be compressed. A mark that no JSON text begins with tells which; a text
// that does begin with it (the store promises any text) is marked as plain.
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import { SessionStoreError } from '../../lib/errors.js'
import type { MaybePromise } from '../../lib/store.js'

const MARK = '\u0001'
const PLAIN: string = `${MARK}p`
const PACKED: string = `${MARK}z`
const DIGEST_LENGTH = 43
/** Longer than anything a session may hold; what inflates beyond it was not written by this store. */
const MOST_BYTES: number = 16 * 1024 * 1024

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

export class Packing {
  private readonly above: number

  /** Texts of more bytes than `above` are compressed. */
  constructor(above: number = Number.POSITIVE_INFINITY) {
    this.above = above
  }

  /** Base64, because replies are read as text. Kept as it was where it would not get shorter. */
  pack(text: string): MaybePromise<string> {
    return text.length * 3 > this.above && Buffer.byteLength(text) > this.above ? this.compress(text) : plain(text)
  }

  private async compress(text: string): Promise<string> {
    const packed = packedPrefix(text) + (await deflate(text)).toString('base64')
    return packed.length < Buffer.byteLength(text) ? packed : plain(text)
  }
}

/** The form of a text that is not compressed. */
export function plain(text: string): string {
  return text.startsWith(MARK) ? PLAIN + text : text
}

/** How the compressed form of this text begins: enough to tell that two texts are the same without inflating one. */
export function packedPrefix(text: string): string {
  return PACKED + createHash('sha256').update(text).digest('base64url')
}

export function isMarked(stored: string): boolean {
  return stored.startsWith(MARK)
}

export async function unpack(operation: string, stored: string): Promise<string> {
  if (stored.startsWith(PLAIN)) return stored.slice(PLAIN.length)
  const prefix = stored.slice(0, PACKED.length + DIGEST_LENGTH)
  try {
    const text = (await inflate(Buffer.from(stored.slice(prefix.length), 'base64'), { maxOutputLength: MOST_BYTES })).toString()
    if (packedPrefix(text) !== prefix) throw new Error('the digest is that of another text')
    return text
  } catch (cause) {
    throw new SessionStoreError(operation, 'found a compressed value that is damaged', { cause, unknown: false })
  }
}
