// The sessions themselves, with what must move along: recency, deadlines, indexes. Knows nothing of tokens.

import { clockOfEnd, expiresAt, isLive } from '../../lib/facts.js'
import { type SessionFacts, type SessionValues, type StoreEvent, USER_INDEX } from '../../lib/store.js'
import type { Place } from './admissions.js'
import { ExpiryBuckets } from './expiry-buckets.js'
import { IndexMaps } from './index-maps.js'
import { type Member, Recency } from './recency.js'
import { Slots } from './slots.js'

type NewSession = Pick<StoredEntry, 'handle' | 'proof' | 'proofBytes' | 'values' | 'facts'>

/** A session at rest. `values` and `facts` are replaced, never altered. A class, since V8 gives literals with a spread several layouts. */
export class StoredEntry implements Member<StoredEntry> {
  readonly handle: string
  proof: string
  /** The same, for comparing. */
  proofBytes: Uint8Array
  values: SessionValues
  facts: SessionFacts
  bucket: number
  /** Where it stands for a scan; never another place while it lives. */
  slot = 0
  /** The lifetime that a notice cut short. */
  ordinary: { readonly lifetimeMs: number | null } | null = null
  /** By index, where it was admitted. */
  places: Map<string, Place> | null = null
  older: StoredEntry | null = null
  newer: StoredEntry | null = null

  constructor({ handle, proof, proofBytes, values, facts }: NewSession, bucket: number) {
    this.handle = handle
    this.proof = proof
    this.proofBytes = proofBytes
    this.values = values
    this.facts = facts
    this.bucket = bucket
  }
}

export class SessionTable {
  private entries: Map<string, StoredEntry> = new Map()
  private recency: Recency<StoredEntry> = new Recency()
  private indexes: IndexMaps = new IndexMaps()
  private slots: Slots<StoredEntry> = new Slots()
  private buckets: ExpiryBuckets
  private readonly bucketMs: number
  private readonly max: number
  private readonly emit: (event: StoreEvent) => void

  constructor(max: number, bucketMs: number, emit: (event: StoreEvent) => void) {
    this.max = max
    this.bucketMs = bucketMs
    this.buckets = new ExpiryBuckets(bucketMs)
    this.emit = emit
  }

  get size(): number {
    return this.entries.size
  }

  has(handle: string): boolean {
    return this.entries.has(handle)
  }

  /** The session, unless one of its clocks has run out: then it is removed here and now. */
  live(handle: string, now: number): StoredEntry | null {
    const entry = this.entries.get(handle)
    if (entry === undefined) return null
    if (isLive(entry.facts, now)) return entry
    this.expire(entry)
    return null
  }

  liveOf(index: string, value: string, now: number): StoredEntry[] {
    return this.indexes
      .handles(index, value)
      .map((handle) => this.live(handle, now))
      .filter((entry) => entry !== null)
  }

  add(session: NewSession, now: number): void {
    this.makeRoom(now)
    const { handle, facts } = session
    const entry = new StoredEntry(session, this.buckets.file(handle, expiresAt(facts)))
    entry.slot = this.slots.take(entry)
    this.entries.set(handle, entry)
    this.recency.touch(entry)
    this.indexes.add(handle, facts.indexes)
  }

  /** Marks it as the one used last. */
  touch(entry: StoredEntry): void {
    this.recency.touch(entry)
  }

  change(entry: StoredEntry, values: SessionValues, facts: SessionFacts): void {
    this.indexes.move(entry.handle, entry.facts.indexes, facts.indexes)
    entry.values = values
    entry.facts = facts
    this.refileIfEarlier(entry)
  }

  remove(entry: StoredEntry): void {
    this.entries.delete(entry.handle)
    this.slots.free(entry.slot)
    this.recency.remove(entry)
    this.buckets.remove(entry.handle, entry.bucket)
    this.indexes.remove(entry.handle, entry.facts.indexes)
  }

  /** All at once, however many. */
  clear(): void {
    this.entries = new Map()
    this.recency = new Recency()
    this.indexes = new IndexMaps()
    this.slots = new Slots()
    this.buckets = new ExpiryBuckets(this.bucketMs)
  }

  /** The live ones of the next slots, and where to go on. */
  liveFrom(slot: number, count: number, now: number): { readonly entries: StoredEntry[]; readonly next: number | null } {
    const { members, next } = this.slots.from(slot, count)
    return { entries: members.filter(({ handle }) => this.live(handle, now) !== null), next }
  }

  /** Looks at the sessions that are due and at no others. The number that it removed. */
  sweep(now: number): number {
    const before = this.size
    for (const handle of this.buckets.takeDue(now)) {
      const entry = this.live(handle, now)
      if (entry !== null) entry.bucket = this.buckets.file(handle, expiresAt(entry.facts))
    }
    return before - this.size
  }

  private makeRoom(now: number): void {
    if (this.size < this.max) return
    this.sweep(now)
    const unused = this.recency.oldest
    if (this.size < this.max || unused === null) return
    if (isLive(unused.facts, now)) this.evict(unused)
    else this.expire(unused)
  }

  private evict(entry: StoredEntry): void {
    this.remove(entry)
    this.emit({ type: 'evicted', handle: entry.handle, userId: entry.facts.indexes[USER_INDEX] })
  }

  private expire(entry: StoredEntry): void {
    this.remove(entry)
    this.emit({ type: 'expired', handle: entry.handle, userId: entry.facts.indexes[USER_INDEX], clock: clockOfEnd(entry.facts) })
  }

  /** Only shorter terms bring a deadline forward; a later one is met when the bucket is due. */
  private refileIfEarlier(entry: StoredEntry): void {
    const deadline = expiresAt(entry.facts)
    if (this.buckets.bucketOf(deadline) >= entry.bucket) return
    this.buckets.remove(entry.handle, entry.bucket)
    entry.bucket = this.buckets.file(entry.handle, deadline)
  }
}
