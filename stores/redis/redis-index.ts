// Finding and ending sessions by handle and by index. Whoever asks here is the manager, not the holder of a token.
import type { SessionEntry, SessionIndex } from '../../lib/store.js'
import type { Background } from './background.js'
import type { IndexSets } from './index-sets.js'
import { plain } from './packing.js'
import { expiresAt, pairs, readHash, type StoredHash } from './record.js'
import type { ScriptRunner } from './script-runner.js'
import { FIND, REASSIGN, REMOVE } from './scripts.js'
import type { WriterTools } from './session-writer.js'

/** Sessions asked for at once: enough to fill a round trip, not so many that requests wait behind them. */
const BATCH = 100

export class RedisIndex implements SessionIndex {
  private readonly runner: ScriptRunner
  private readonly sets: IndexSets
  private readonly ns: string
  private readonly background: Background

  constructor({ runner, sets, ns, background }: WriterTools) {
    this.runner = runner
    this.sets = sets
    this.ns = ns
    this.background = background
  }

  async find(handle: string): Promise<SessionEntry | null> {
    return isHandle(handle) ? shown(handle, await this.read('find', handle)) : null
  }

  /** By handle, so that a page has its place even if the session that it goes on from has ended. */
  async list(index: string, value: string, page: { readonly limit?: number; readonly after?: string } = {}): Promise<SessionEntry[]> {
    const { limit = Number.POSITIVE_INFINITY, after = '' } = page
    const handles = (await this.sets.members('list', index, value)).filter((handle) => handle > after)
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
      return (await this.remove('endBy', handle, `x:${index}`, value)) ? handle : null
    })
    return ended.filter((handle) => handle !== null)
  }

  async reassign(index: string, from: string, to: string, text: string): Promise<number> {
    const moved = await this.each('reassign', index, from, (handle) => this.assign(handle, index, from, to, text))
    return moved.filter(Boolean).length
  }

  /** Deletes the session if its field has that text, then takes it out of its indexes. */
  async remove(operation: string, handle: string, field: string, text: string): Promise<boolean> {
    const reply = await this.runner.run(operation, REMOVE, this.ns + handle, [field, text])
    if (!Array.isArray(reply)) return false
    for (const [index, value] of pairs(reply)) this.background.add(this.sets.remove(operation, handle, index, value))
    return true
  }

  private async assign(handle: string, index: string, from: string, to: string, text: string): Promise<boolean> {
    const told = await this.sets.add('reassign', handle, [[index, to]])
    const reply = await this.runner.run('reassign', REASSIGN, this.ns + handle, [index, from, to, plain(text)])
    if (!Array.isArray(reply)) {
      this.background.add(this.sets.removeUnlessHeld('reassign', handle, index, to))
      return false
    }
    this.background.add(this.sets.confirm('reassign', handle, readHash('reassign', reply), told))
    if (from !== to) this.background.add(this.sets.remove('reassign', handle, index, from))
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

  private async each<T>(operation: string, index: string, value: string, work: (handle: string) => Promise<T>): Promise<T[]> {
    const handles = await this.sets.members(operation, index, value)
    const results: T[] = []
    for (let first = 0; first < handles.length; first += BATCH) {
      results.push(...(await Promise.all(handles.slice(first, first + BATCH).map(work))))
    }
    return results
  }

  private async read(operation: string, handle: string): Promise<StoredHash | null> {
    const reply = await this.runner.run(operation, FIND, this.ns + handle, [])
    return Array.isArray(reply) ? readHash(operation, reply) : null
  }

  private dropGhost(operation: string, handle: string, index: string, value: string): void {
    this.background.add(this.sets.remove(operation, handle, index, value))
  }
}

/** What is no handle must not be looked up: it could be the name of another key. */
function isHandle(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text)
}

function shown(handle: string, hash: StoredHash | null): SessionEntry | null {
  return hash === null ? null : { handle, facts: hash.facts, expiresAt: expiresAt(hash.facts) }
}
