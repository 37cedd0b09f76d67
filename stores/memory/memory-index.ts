// Finding and ending sessions by handle and by index. Whoever asks here is the manager, not the holder of a token.

import { changedValues } from '../../lib/apply.js'
import { absoluteEnd, expiresAt, factsOfUpdated } from '../../lib/facts.js'
import type { Admission, SessionBatch, SessionEntry, SessionIndex } from '../../lib/store.js'
import { Admissions, isMarked } from './admissions.js'
import { putNotice } from './notices.js'
import type { SessionTable, StoredEntry } from './session-table.js'

/** Slots that one call looks at. */
const BATCH = 100

export class MemoryIndex implements SessionIndex {
  private readonly table: SessionTable
  private readonly clock: () => number
  private readonly admissions: Admissions

  constructor(table: SessionTable, clock: () => number) {
    this.table = table
    this.clock = clock
    this.admissions = new Admissions((index, value) => this.sessionsOf(index, value), clock)
  }

  find(handle: string): SessionEntry | null {
    const entry = this.table.live(handle, this.clock())
    return entry === null ? null : shown(entry, this.clock())
  }

  /** By handle, so that a page has its place even if the session that it goes on from has ended. */
  list(index: string, value: string, page: { readonly limit?: number; readonly after?: string } = {}): SessionEntry[] {
    const { limit = Number.POSITIVE_INFINITY, after = '' } = page
    return this.sessionsOf(index, value)
      .filter((entry) => entry.handle > after && !isMarked(entry, index, value))
      .sort(byHandle)
      .slice(0, limit)
      .map((entry) => shown(entry, this.clock()))
  }

  count(index: string, value: string): number {
    return this.sessionsOf(index, value).filter((entry) => !isMarked(entry, index, value)).length
  }

  end(handle: string): boolean {
    const entry = this.table.live(handle, this.clock())
    if (entry === null) return false
    this.table.remove(entry)
    return true
  }

  endBy(index: string, value: string, options: { readonly except?: string } = {}): string[] {
    const ended = this.sessionsOf(index, value).filter((entry) => entry.handle !== options.except)
    for (const entry of ended) this.table.remove(entry)
    return ended.map((entry) => entry.handle)
  }

  reassign(index: string, from: string, to: string, text: string): number {
    const moved = this.sessionsOf(index, from)
    for (const entry of moved) this.assign(entry, index, to, text)
    return moved.length
  }

  scan(cursor: string | null): SessionBatch {
    const from = cursor === null ? 0 : /^\d{1,9}$/.test(cursor) ? Number(cursor) : Number.NaN
    if (Number.isNaN(from)) throw new TypeError('cursor: expected the one that the batch before gave')
    const now = this.clock()
    const { entries, next } = this.table.liveFrom(from, BATCH, now)
    return { entries: entries.map((entry) => shown(entry, now)), next: next === null ? null : String(next) }
  }

  endAll(): void {
    this.table.clear()
  }

  endIn(handle: string, ms: number, message: string): number | null {
    const now = this.clock()
    const entry = this.table.live(handle, now)
    if (entry === null) return null
    this.table.change(entry, entry.values, putNotice(entry, message, now + ms))
    return absoluteEnd(entry.facts)
  }

  admit(index: string, value: string, handle: string, admission: Admission): string[] {
    return this.admissions.admit(index, value, handle, admission)
  }

  reserve(index: string, value: string, place: string, max: number): boolean {
    return this.admissions.reserve(index, value, place, max)
  }

  release(index: string, value: string, place: string): void {
    this.admissions.release(index, value, place)
  }

  private assign(entry: StoredEntry, index: string, value: string, text: string): void {
    const changes = { set: one(index, text), indexes: one(index, value) }
    this.table.change(entry, changedValues(entry.values, changes), factsOfUpdated(entry.facts, changes))
  }

  private sessionsOf(index: string, value: string): StoredEntry[] {
    return this.table.liveOf(index, value, this.clock())
  }
}

/** A copy: an entry is the caller's own, and what he does to it changes no session. */
function shown({ handle, facts }: StoredEntry, now: number): SessionEntry {
  const indexes: Record<string, string> = Object.assign(Object.create(null), facts.indexes)
  return { handle, facts: { ...facts, indexes }, expiresAt: expiresAt(facts), now }
}

function byHandle(a: StoredEntry, b: StoredEntry): number {
  return a.handle < b.handle ? -1 : 1
}

/** A computed key is an own property, whatever its name; `{ __proto__: … }` written out would not be. */
function one(key: string, text: string): Record<string, string> {
  return { [key]: text }
}
