// From a load to the write of the same request: what was read need not be read again. It is where a write begins and never what it
// returns: memcached refuses the write if anybody wrote since, and whatever else speaks against it is asked again.
import type { ReadItem } from './items.js'

/** As many requests as may be between their load and their write at the same time. */
const MAX_KEPT = 64
/** Larger ones are read again: what waits here must stay small. */
const MAX_BYTES = 16 * 1024
/** Later somebody else has probably written. */
const MAX_AGE_MS = 1000

interface Kept {
  readonly item: ReadItem
  readonly at: number
}

export class Handover {
  readonly #kept: Map<string, Kept> = new Map()

  keep(handle: string, { entry, cas, bytes }: ReadItem, now: number): void {
    // To the end of the line: the first is the one that waits longest.
    this.#kept.delete(handle)
    if (bytes > MAX_BYTES) return
    if (this.#kept.size >= MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value as string)
    // A copy: what memjs gives is a part of all that came with it.
    this.#kept.set(handle, { item: { entry, cas: Buffer.from(cas), bytes }, at: now })
  }

  /** For one write only, after which it is out of date. */
  take(handle: string, now: number): ReadItem | null {
    const kept = this.#kept.get(handle)
    if (kept === undefined) return null
    this.#kept.delete(handle)
    return Math.abs(now - kept.at) <= MAX_AGE_MS ? kept.item : null
  }
}
