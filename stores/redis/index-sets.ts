// The sets behind the index: one ZSET per value, handle → until when it may stand there, with a TTL of the largest. An entry is a hint and
// the session decides: a handle stands in the set from before its session is written until after it has ended, so that none is missed,
// and whoever reads verifies. A set lies in a slot of its own in Redis Cluster, which is why no script touches it together with a session.
import { createHash } from 'node:crypto'
import type { SessionFacts } from '../../lib/store.js'
import { INDEX_ADD, INDEX_MEMBERS, INDEX_REMOVE } from './index-scripts.js'
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

const NOTHING_TOLD: Told = new Map()

/** Entries are told anew once in this part of the idle span (an hour at most) while the session is used. */
const PARTS_OF_IDLE = 8
const LONGEST_STEP_MS = 3_600_000
/** Of a session whose clocks the writer does not know; told exactly right after it is written. */
const PROVISIONAL_MS = 3_600_000
const LONGEST_VALUE = 256

export class IndexSets {
  private readonly runner: ScriptRunner
  private readonly ns: string

  constructor(runner: ScriptRunner, ns: string) {
    this.runner = runner
    this.ns = ns
  }

  /** Before the session is written. Resolves to what `confirm` takes. */
  async add(operation: string, handle: string, entries: Entries, spanMs: number = PROVISIONAL_MS): Promise<Told> {
    return this.tell(operation, handle, entries, spanMs, NOTHING_TOLD)
  }

  /** After it was written: with its true clocks, and again if somebody took it for a ghost in between. */
  async confirm(operation: string, handle: string, { facts, now }: Confirmed, told: Told = NOTHING_TOLD): Promise<void> {
    await this.tell(operation, handle, Object.entries(facts.indexes), spanOf(facts, now), told)
  }

  /** After its session left the value or ended. If it is of that value all the same (moved to and fro), it is put back. */
  async remove(operation: string, handle: string, index: string, value: string): Promise<void> {
    await this.runner.run(operation, INDEX_REMOVE, this.keyOf(index, value), [handle])
    if (!(await this.holds(operation, handle, index, value))) return
    const reply = await this.runner.run(operation, FIND, this.ns + handle, [])
    if (!Array.isArray(reply)) return
    const { facts, now } = readHash(operation, reply)
    if (facts.indexes[index] === value) await this.add(operation, handle, [[index, value]], spanOf(facts, now))
  }

  /** After a write that may not have happened: the entry that was added before it goes, unless the session is of that value. */
  async removeUnlessHeld(operation: string, handle: string, index: string, value: string): Promise<void> {
    if (!(await this.holds(operation, handle, index, value))) await this.remove(operation, handle, index, value)
  }

  async holds(operation: string, handle: string, index: string, value: string): Promise<boolean> {
    return (await this.runner.run(operation, VALUE_OF, this.ns + handle, [index])) === value
  }

  /** In their own order. */
  async members(operation: string, index: string, value: string): Promise<string[]> {
    const reply = await this.runner.run(operation, INDEX_MEMBERS, this.keyOf(index, value), [])
    return Array.isArray(reply) ? reply.map(String).sort() : []
  }

  private async tell(operation: string, handle: string, entries: Entries, spanMs: number, told: Told): Promise<Told> {
    if (entries.length === 0) return NOTHING_TOLD
    const keys = entries.map(([index, value]) => this.keyOf(index, value))
    const ends = keys.map((key) => this.runner.run(operation, INDEX_ADD, key, [handle, String(spanMs), told.get(key) ?? '']))
    const written = await Promise.all(ends)
    return new Map(keys.map((key, n) => [key, String(written[n])]))
  }

  /** No handle holds a colon, and no encoded name does. */
  private keyOf(index: string, value: string): string {
    return `${this.ns}i:${encode(index)}:${value.length > LONGEST_VALUE ? `${value.length}:${digest(value)}` : encode(value)}`
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
