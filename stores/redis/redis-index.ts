// Finding and ending sessions by handle and by index. Whoever asks here is the manager, not the holder of a token.
import type { Admission, SessionBatch, SessionEntry, SessionIndex } from '../../lib/store.js'
import { isHandle } from '../../lib/token.js'
import { Admissions } from './admissions.js'
import type { Background } from './background.js'
import { END_IN } from './ending-scripts.js'
import { beginEpoch, scanStep } from './everything.js'
import type { IndexSets } from './index-sets.js'
import type { Keys } from './keys.js'
import { plain } from './packing.js'
import { expiresAt, pairs, readHash, type StoredHash } from './record.js'
import type { ScriptRunner } from './script-runner.js'
import { FIND, REASSIGN, REMOVE } from './scripts.js'
import type { WriterTools } from './session-writer.js'

/** Sessions asked for at once: enough to fill a round trip, not so many that requests wait behind them. */
const BATCH = 100

/** While all sessions are walked over: Redis takes what comes at once in one go, and others wait for less than a millisecond. */
const SCAN_BATCH = 32

export class RedisIndex implements SessionIndex {
  private readonly runner: ScriptRunner
  private readonly sets: IndexSets
  private readonly keys: Keys
  private readonly background: Background
  private readonly admissions: Admissions

  constructor({ runner, sets, keys, background }: WriterTools) {
    this.runner = runner
    this.sets = sets
    this.keys = keys
    this.background = background
    this.admissions = new Admissions(runner, sets, (handle) => this.find(handle))
  }

  async find(handle: string): Promise<SessionEntry | null> {
    return isHandle(handle) ? shown(handle, await this.read('find', handle)) : null
  }

  /** By handle, so that a page has its place even if the session that it goes on from has ended. */
  async list(index: string, value: string, page: { readonly limit?: number; readonly after?: string } = {}): Promise<SessionEntry[]> {
    const { limit = Number.POSITIVE_INFINITY, after = '' } = page
    const handles = (await this.members('list', index, value)).filter((handle) => handle > after)
    const entries: SessionEntry[] = []
    for (let first = 0; first < handles.length && entries.length < limit; ) {
      const batch = handles.slice(first, first + Math.min(BATCH, limit - entries.length))
      entries.push(...(await this.entriesOf(batch, index, value)))
      first += batch.length
    }
    return entries
  }

  async count(index: string, value: string): Promise<number> {
    const found = await this.each('count', index, value, async (handle) => {
      const holds = await this.sets.holds('count', handle, index, value)
      if (!holds) this.dropGhost('count', handle, index, value)
      return holds
    })
    return found.filter(Boolean).length
  }

  async end(handle: string): Promise<boolean> {
    return isHandle(handle) && (await this.remove('end', handle, '', ''))
  }

  async endBy(index: string, value: string, { except }: { readonly except?: string } = {}): Promise<string[]> {
    const ended = await this.each('endBy', index, value, async (handle) => {
      if (handle === except) return null
      if (await this.remove('endBy', handle, `x:${index}`, value)) return handle
      this.dropGhost('endBy', handle, index, value)
      return null
    })
    return ended.filter((handle) => handle !== null)
  }

  async reassign(index: string, from: string, to: string, text: string): Promise<number> {
    const moved = await this.each('reassign', index, from, (handle) => this.assign(handle, index, from, to, text))
    return moved.filter(Boolean).length
  }

  async scan(cursor: string | null): Promise<SessionBatch> {
    const { handles, next, share } = await scanStep(this.runner, this.keys, cursor)
    const entries: SessionEntry[] = []
    for (let first = 0; first < handles.length; first += SCAN_BATCH) {
      const found = await Promise.all(handles.slice(first, first + SCAN_BATCH).map((handle) => this.find(handle)))
      entries.push(...found.filter((entry) => entry !== null))
    }
    return { entries, next, share }
  }

  async endAll(): Promise<void> {
    await beginEpoch(this.runner, this.keys)
  }

  async endIn(handle: string, ms: number, message: string): Promise<number | null> {
    if (!isHandle(handle)) return null
    const ends = Number(await this.runner.run('endIn', END_IN, this.keys.session(handle), [String(ms), message]))
    return ends === 0 ? null : ends
  }

  async admit(index: string, value: string, handle: string, admission: Admission): Promise<string[]> {
    return this.admissions.admit(index, value, handle, admission)
  }

  async reserve(index: string, value: string, place: string, max: number): Promise<boolean> {
    return this.admissions.reserve(index, value, place, max)
  }

  async release(index: string, value: string, place: string): Promise<void> {
    await this.admissions.release(index, value, place)
  }

  /** Deletes the session if its field has that text, then takes it out of its indexes. */
  async remove(operation: string, handle: string, field: string, text: string): Promise<boolean> {
    const reply = await this.runner.run(operation, REMOVE, this.keys.session(handle), [field, text])
    if (!Array.isArray(reply)) return false
    for (const [index, value] of pairs(reply)) this.background.add(this.sets.remove(operation, handle, index, value, 'ended'))
    return true
  }

  private async assign(handle: string, index: string, from: string, to: string, text: string): Promise<boolean> {
    const told = await this.sets.add('reassign', handle, [[index, to]])
    const reply = await this.runner.run('reassign', REASSIGN, this.keys.session(handle), [index, from, to, plain(text)])
    if (!Array.isArray(reply)) {
      for (const held of [from, to]) this.background.add(this.sets.removeUnlessHeld('reassign', handle, index, held))
      return false
    }
    this.background.add(this.sets.confirm('reassign', handle, readHash('reassign', reply), told))
    if (from !== to) this.background.add(this.sets.remove('reassign', handle, index, from, 'ended'))
    return true
  }

  private async entriesOf(handles: readonly string[], index: string, value: string): Promise<SessionEntry[]> {
    const found = await Promise.all(handles.map((handle) => this.read('list', handle)))
    const entries: SessionEntry[] = []
    for (const [n, handle] of handles.entries()) {
      const entry = shown(handle, found[n] ?? null)
      if (entry !== null && entry.facts.indexes[index] === value) entries.push(entry)
      else this.dropGhost('list', handle, index, value)
    }
    return entries
  }

  /** Without those that have to go, unless they are wanted to end them. */
  private async members(operation: string, index: string, value: string): Promise<readonly string[]> {
    const { handles, marked, stale } = await this.sets.members(operation, index, value)
    for (const handle of stale) this.background.add(this.endMarked(operation, handle, index, value))
    if (marked.length === 0 || operation === 'endBy') return handles
    return handles.filter((handle) => !marked.includes(handle))
  }

  private async endMarked(operation: string, handle: string, index: string, value: string): Promise<void> {
    if (!(await this.remove(operation, handle, `x:${index}`, value))) await this.sets.remove(operation, handle, index, value, 'ended')
  }

  private async each<T>(operation: string, index: string, value: string, work: (handle: string) => Promise<T>): Promise<T[]> {
    const handles = await this.members(operation, index, value)
    const results: T[] = []
    for (let first = 0; first < handles.length; first += BATCH) {
      results.push(...(await Promise.all(handles.slice(first, first + BATCH).map(work))))
    }
    return results
  }

  private async read(operation: string, handle: string): Promise<StoredHash | null> {
    const reply = await this.runner.run(operation, FIND, this.keys.session(handle), [])
    return Array.isArray(reply) ? readHash(operation, reply) : null
  }

  private dropGhost(operation: string, handle: string, index: string, value: string): void {
    this.background.add(this.sets.remove(operation, handle, index, value))
  }
}

function shown(handle: string, hash: StoredHash | null): SessionEntry | null {
  return hash === null ? null : { handle, facts: hash.facts, expiresAt: expiresAt(hash.facts), now: hash.now }
}
