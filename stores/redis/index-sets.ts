// The sets behind the index: one ZSET per value, handle → until when it may stand there, with a TTL of the largest. An entry is a hint and
// the session decides: a handle stands in the set from before its session is written until after it has ended, so that none is missed,
// and whoever reads verifies. A set lies in a slot of its own in Redis Cluster, which is why no script touches it together with a session.
import { createHash } from 'node:crypto'
import type { SessionFacts } from '../../lib/store.js'
import { unreadable } from './errors.js'
import { INDEX_ADD, INDEX_MEMBERS, INDEX_REMOVE } from './index-scripts.js'
import type { KeyPair, Keys } from './keys.js'
import { readHash } from './record.js'
import type { ScriptRunner } from './script-runner.js'
import { FIND, VALUE_OF } from './scripts.js'

/** Index and value. */
type Entries = readonly (readonly [string, string])[]

/** Set → the end that was written there: the one that may be shortened. */
type Told = ReadonlyMap<string, string>

interface Confirmed {
  readonly facts: SessionFacts
  readonly now: number
}

interface Members {
  readonly handles: readonly string[]
  /** Those that have to go: there were too many. */
  readonly marked: readonly string[]
  /** Whoever marked these should have ended them long ago. */
  readonly stale: readonly string[]
}

const NOTHING_TOLD: Told = new Map()

/** Entries are told anew once in this part of the idle span (an hour at most) while the session is used. */
const PARTS_OF_IDLE = 8
const LONGEST_STEP_MS = 3_600_000
/** Of a session whose clocks the writer does not know; told exactly right after it is written. */
const PROVISIONAL_MS = 3_600_000
const LONGEST_VALUE = 256

export class IndexSets {
  private readonly runner: ScriptRunner
  private readonly keys: Keys

  constructor(runner: ScriptRunner, keys: Keys) {
    this.runner = runner
    this.keys = keys
  }

  /** Before the session is written. Resolves to what `confirm` takes. */
  async add(operation: string, handle: string, entries: Entries, spanMs: number = PROVISIONAL_MS): Promise<Told> {
    return this.tell(operation, handle, entries, spanMs, NOTHING_TOLD)
  }

  /** After it was written: with its true clocks, and again if somebody took it for a ghost in between. */
  async confirm(operation: string, handle: string, { facts, now }: Confirmed, told: Told = NOTHING_TOLD): Promise<void> {
    await this.tell(operation, handle, Object.entries(facts.indexes), spanOf(facts, now), told)
  }

  /**
   * After its session left the value or ended (`'ended'`: certainly, so that its place is free), or was not found. If it is of that value all the same
   * (moved to and fro), it is put back.
   */
  async remove(operation: string, handle: string, index: string, value: string, how: 'ended' | '' = ''): Promise<void> {
    const admission = String(await this.runner.run(operation, INDEX_REMOVE, this.keysOf(index, value), [handle, how]))
    if (!(await this.holds(operation, handle, index, value))) return
    const reply = await this.runner.run(operation, FIND, this.keys.session(handle), [])
    if (!Array.isArray(reply)) return
    const { facts, now } = readHash(operation, reply)
    if (facts.indexes[index] !== value) return
    await this.runner.run(operation, INDEX_ADD, this.keysOf(index, value), [handle, String(spanOf(facts, now)), '', admission])
  }

  /** After a write that may not have happened: the entry that was added before it goes, unless the session is of that value. */
  async removeUnlessHeld(operation: string, handle: string, index: string, value: string): Promise<void> {
    if (!(await this.holds(operation, handle, index, value))) await this.remove(operation, handle, index, value)
  }

  async holds(operation: string, handle: string, index: string, value: string): Promise<boolean> {
    return (await this.runner.run(operation, VALUE_OF, this.keys.session(handle), [index])) === value
  }

  /** The handles in their own order. */
  async members(operation: string, index: string, value: string): Promise<Members> {
    const reply = await this.runner.run(operation, INDEX_MEMBERS, this.keysOf(index, value), [])
    if (!Array.isArray(reply)) throw unreadable(operation)
    const [handles = [], marked = [], stale = []]: string[][] = reply.map((list) => (list as unknown[]).map(String))
    return { handles: handles.sort(), marked, stale }
  }

  private async tell(operation: string, handle: string, entries: Entries, spanMs: number, told: Told): Promise<Told> {
    if (entries.length === 0) return NOTHING_TOLD
    const keys = entries.map(([index, value]) => this.keysOf(index, value))
    const ends = keys.map((pair) => this.runner.run(operation, INDEX_ADD, pair, [handle, String(spanMs), told.get(pair[0]) ?? '', '']))
    const written = await Promise.all(ends)
    return new Map(keys.map(([key], n) => [key, String(written[n])]))
  }

  keysOf(index: string, value: string): KeyPair {
    return this.keys.set(encode(index), value.length > LONGEST_VALUE ? `${value.length}:${digest(value)}` : encode(value))
  }
}

/** Whether a load that slid is the first in its step: then the index is told that the session lives on. */
export function isFirstOfStep({ idleMs, startedAt }: SessionFacts, seenBefore: number, now: number): boolean {
  const step = stepMs(idleMs)
  return Math.floor((seenBefore - startedAt) / step) !== Math.floor((now - startedAt) / step)
}

/**
 * How long an entry stands: past the idle span by two steps, so that one telling may fail, and not past the absolute end. So the
 * set dies soon after its last session, and heals within a step where Redis evicted it.
 */
export function spanOfNew({ idleMs, lifetimeMs }: Pick<SessionFacts, 'idleMs' | 'lifetimeMs'>): number {
  const idleSpan = idleMs + 2 * stepMs(idleMs)
  return Math.ceil(lifetimeMs === null ? idleSpan : Math.min(idleSpan, lifetimeMs))
}

function spanOf({ idleMs, startedAt, lifetimeMs }: SessionFacts, now: number): number {
  return spanOfNew({ idleMs, lifetimeMs: lifetimeMs === null ? null : startedAt + lifetimeMs - now })
}

function stepMs(idleMs: number): number {
  return Math.min(idleMs / PARTS_OF_IDLE, LONGEST_STEP_MS)
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
