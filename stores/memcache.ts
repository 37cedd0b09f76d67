// Sessions in memcached: one item each, read with one GET, written by compare-and-set. memcached expires in whole seconds and forgets what
// it has no room for; both clocks are judged here, by the server's time (see memcache/server-clock.ts), and an item's expiry only tidies up.

import { changedValues, copyText, meetsExpectations } from '../lib/apply.js'
import { SessionStoreError } from '../lib/errors.js'
import { factsOfNew, factsOfRotated, factsOfUpdated, isLive, isSlideDue } from '../lib/facts.js'
import type { LoadedSession, SessionChanges, SessionRecord, SessionStore, StoredSession, StoreLimit, UpdateResult } from '../lib/store.js'
import { isHandle, joinToken, newVerifier, proofOf, sameProof, tokenReader } from '../lib/token.js'
import { pauseBefore, WRITE_ATTEMPTS } from './memcache/contention.js'
import type { Entry } from './memcache/envelope.js'
import { tooManyWriters } from './memcache/errors.js'
import { Handover } from './memcache/handover.js'
import { Items, type ReadItem, type Written } from './memcache/items.js'
import { type CompleteOptions, completeOptions, type MemcacheStoreOptions } from './memcache/options.js'

export type { MemcacheClient } from './memcache/link.js'
export type { MemcacheStoreClientOptions, MemcacheStoreOptions, MemcacheStoreServerOptions } from './memcache/options.js'

/** Two random handles of 128 bits never meet; a broken generator must not loop for ever. */
const CREATE_ATTEMPTS = 5
/** Whoever writes so often in between slides next time. */
const SLIDE_ATTEMPTS = 5

export interface MemcacheStore extends SessionStore {
  readonly cannot: readonly StoreLimit[]
  ready(): Promise<void>
  close(): Promise<void>
  create(record: SessionRecord): Promise<StoredSession>
  load(token: string, options: { readonly slide: boolean }): Promise<LoadedSession | 'reused' | null>
  update(token: string, changes: SessionChanges): Promise<UpdateResult>
  rotate(token: string, changes: SessionChanges): Promise<StoredSession | null>
  destroy(token: string): Promise<boolean>
  /** Ends one session, whoever holds its token. Whether an item was there. */
  end(handle: string): Promise<boolean>
}

/** The item that the token opens. */
interface Found extends ReadItem {
  readonly handle: string
  readonly now: number
}

export function memcacheStore(options: MemcacheStoreOptions = {}): MemcacheStore {
  return new Memcache(completeOptions(options))
}

class Memcache implements MemcacheStore {
  readonly name: string = 'memcache'
  readonly cannot: readonly StoreLimit[] = ['index']
  private readonly items: Items
  /** Private to the runtime: it knows live tokens, which no inspection may show. */
  readonly #read = tokenReader()
  readonly #handover: Handover = new Handover()

  constructor(options: CompleteOptions) {
    this.items = new Items(options)
  }

  ready(): Promise<void> {
    return this.items.open()
  }

  close(): Promise<void> {
    return this.items.close()
  }

  async create({ values, terms }: SessionRecord): Promise<StoredSession> {
    for (let attempt = 1; ; attempt++) {
      const [handle, verifier] = [this.items.freeHandle(), newVerifier()]
      const entryAt = (now: number): Entry => ({ proof: proofOf(verifier), facts: factsOfNew(terms, now), values: copyText(values) })
      const added = await this.items.add(handle, entryAt)
      if (added !== false && added !== 'down') return { handle, token: joinToken(handle, verifier), facts: added.facts }
      if (attempt === CREATE_ATTEMPTS) throw noPlace(added)
    }
  }

  async load(token: string, { slide }: { readonly slide: boolean }): Promise<LoadedSession | 'reused' | null> {
    for (let attempt = 1; ; attempt++) {
      const found = await this.find('load', token)
      if (found === null || found === 'reused') return found
      if (!slide || !isSlideDue(found.entry.facts, found.now - found.entry.facts.seenAt)) {
        this.#handover.keep(found.handle, found, found.now)
        return loaded(found, token)
      }
      const { outcome, entry } = await this.slide(found)
      if (outcome !== 'changed' || attempt === SLIDE_ATTEMPTS) return loaded({ ...found, entry }, token)
    }
  }

  async update(token: string, changes: SessionChanges): Promise<UpdateResult> {
    const result = await this.write('update', token, ({ entry }) => {
      if (!meetsExpectations(entry.values, changes.expect)) return null
      return { ...entry, facts: factsOfUpdated(entry.facts, changes), values: changedValues(entry.values, changes) }
    })
    return typeof result === 'string' ? { outcome: result } : { outcome: 'saved', token }
  }

  async rotate(token: string, changes: SessionChanges): Promise<StoredSession | null> {
    const verifier = newVerifier()
    const proof = proofOf(verifier)
    const result = await this.write('rotate', token, ({ entry, now }) => {
      // The contract has no "conflict" here; applying nothing is what `expect` asks for.
      if (!meetsExpectations(entry.values, changes.expect)) return null
      return { proof, facts: factsOfRotated(entry.facts, changes, now), values: changedValues(entry.values, changes) }
    })
    if (typeof result === 'string') return null
    return { handle: result.handle, token: joinToken(result.handle, verifier), facts: result.entry.facts }
  }

  async destroy(token: string): Promise<boolean> {
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt++) {
      const found = await this.find('destroy', token)
      if (found === null || found === 'reused') return false
      const outcome = await this.items.delete('destroy', found.handle, found.cas)
      if (outcome !== 'changed') return outcome === 'written'
      await pauseBefore(attempt)
    }
    throw tooManyWriters('destroy', WRITE_ATTEMPTS)
  }

  async end(handle: string): Promise<boolean> {
    return isHandle(handle) && (await this.items.delete('end', handle)) === 'written'
  }

  /** The live session that the token opens; `'reused'` if only its handle is right. */
  private async find(operation: string, token: string): Promise<Found | 'reused' | null> {
    const read = this.#read(token)
    if (read === null) return null
    const item = await this.items.get(operation, read.handle)
    if (item === null) return null
    const time = this.items.now(operation, read.handle)
    const now = typeof time === 'number' ? time : await time
    if (!isLive(item.entry.facts, now)) return null
    return sameProof(item.entry.proof, read.proof) ? foundItem(item, read.handle, now) : 'reused'
  }

  /** What a load has just read, if the token still opens it; that it does not means nothing, since it may have changed. */
  private handedOver(operation: string, token: string): Found | null {
    const read = this.#read(token)
    const now = read === null ? null : this.items.now(operation, read.handle)
    if (read === null || typeof now !== 'number') return null
    const item = this.#handover.take(read.handle, now)
    if (item === null || !isLive(item.entry.facts, now) || !sameProof(item.entry.proof, read.proof)) return null
    return foundItem(item, read.handle, now)
  }

  /** A failure is no reason to refuse a session that has been read: the next load slides. */
  private async slide({ entry, cas, handle, now }: Found): Promise<{ outcome: Written | 'failed'; entry: Entry }> {
    const next = { ...entry, facts: { ...entry.facts, seenAt: now } }
    const outcome = await this.items.replace('load', handle, { entry: next, cas }, now).catch(() => 'failed' as const)
    return { outcome, entry: outcome === 'written' ? next : entry }
  }

  /** Reads, changes and writes back until nobody else wrote in between; `null` of `change` is a conflict. */
  private async write(
    operation: string,
    token: string,
    change: (found: Found) => Entry | null,
  ): Promise<{ handle: string; entry: Entry } | 'gone' | 'conflict'> {
    let handedOver = this.handedOver(operation, token)
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt++) {
      const found = handedOver ?? (await this.find(operation, token))
      if (found === null || found === 'reused') return 'gone'
      const entry = change(found)
      const isCurrent = handedOver === null
      handedOver = null
      if (entry === null && isCurrent) return 'conflict'
      if (entry === null) continue
      const item = { entry, cas: found.cas }
      const isNewProof = !sameProof(entry.proof, found.entry.proof)
      const outcome = await this.items[isNewProof ? 'replaceProof' : 'replace'](operation, found.handle, item, found.now)
      if (outcome === 'missing') return 'gone'
      if (outcome === 'written') return { handle: found.handle, entry }
      await pauseBefore(attempt)
    }
    throw tooManyWriters(operation, WRITE_ATTEMPTS)
  }
}

function foundItem({ entry, cas, bytes }: ReadItem, handle: string, now: number): Found {
  return { entry, cas, bytes, handle, now }
}

function loaded({ handle, entry, now }: Found, token: string): LoadedSession {
  return { handle, values: entry.values, facts: entry.facts, now, token }
}

function noPlace(added: false | 'down'): SessionStoreError {
  const problem = added === 'down' ? 'failed: there is no connection to memcached' : 'met handles in use: random numbers are broken'
  return new SessionStoreError('create', problem, { unknown: false })
}
