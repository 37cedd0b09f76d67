// The names of keys. A script gets all of its keys at once, and Redis Cluster wants them in one slot: there a tag in braces stands in each name, of the
// session its first letters, so that 4096 epochs are enough for all, and of an index set the whole name.

/** First a session or a set, then what is judged or kept along with it. */
export type KeyPair = readonly [string, string]

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const TAG_LENGTH = 2

/** A part of the sessions: those that share an epoch. */
export interface Part {
  readonly tag: string
  readonly epoch: string
  /** Without it the epoch's name is what the sessions' names begin with. */
  readonly tail: number
  /** The rest of a session's name, as a pattern for SCAN, over all parts. */
  readonly pattern: string
}

export class Keys {
  /** What all names begin with. */
  readonly ns: string
  readonly clustered: boolean

  constructor(ns: string, clustered: boolean) {
    if (clustered && /^[^{]*\{\}/.test(ns)) throw new TypeError('ns: without {}, which says to Redis Cluster that no tag follows')
    this.ns = ns
    this.clustered = clustered
  }

  /** The session, and the epoch that says whether it was born too early to live. */
  session(handle: string): KeyPair {
    if (!this.clustered) return [this.ns + handle, `${this.ns}e`]
    const start = `${this.ns}{${handle.slice(0, TAG_LENGTH)}}`
    return [start + handle, `${start}e`]
  }

  /** The handles of an index value, and who was admitted there. No handle holds a colon, and no encoded name does. */
  set(index: string, value: string): KeyPair {
    const name = `i:${index}:${value}`
    return this.clustered ? [`${this.ns}{${name}}`, `${this.ns}{${name}}a`] : [this.ns + name, `${this.ns}a:${index}:${value}`]
  }

  part(tag: string): Part {
    const handles = '?'.repeat(HANDLE_LENGTH)
    if (!this.clustered) return { tag, epoch: `${this.ns}e`, tail: 1, pattern: handles }
    const start = `{${tag}}e`
    return { tag, epoch: this.ns + start, tail: start.length, pattern: `{${'?'.repeat(TAG_LENGTH)}}${handles}` }
  }

  /** All of them: their number does not grow with that of the sessions. */
  tags(): string[] {
    if (!this.clustered) return ['']
    return [...ALPHABET].flatMap((first) => [...ALPHABET].map((second) => first + second))
  }
}

const HANDLE_LENGTH = 22
