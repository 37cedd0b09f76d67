// Sessions in this process: bounded, swept, answering without a promise. They end with the process and no other process sees them.

import { changedValues, copyText, meetsExpectations } from '../lib/apply.js'
import { SessionStoreError } from '../lib/errors.js'
import { factsOfNew, factsOfRotated, factsOfSlid, factsOfUpdated } from '../lib/facts.js'
import type {
  ExpirySweep,
  LoadedSession,
  SessionChanges,
  SessionRecord,
  SessionStore,
  StoredSession,
  StoreEvent,
  UpdateResult,
} from '../lib/store.js'
import { bytesOf, joinToken, newHandle, newVerifier, proofOf, sameBytes, tokenReader } from '../lib/token.js'
import { MemoryIndex } from './memory/memory-index.js'
import { keepNotice, takeNotice } from './memory/notices.js'
import { completeOptions, type MemoryStoreOptions } from './memory/options.js'
import { SessionTable, type StoredEntry } from './memory/session-table.js'

export type { MemoryStoreOptions } from './memory/options.js'

/** Two random handles of 128 bits never meet; a broken generator must not loop for ever. */
const CREATE_ATTEMPTS = 5

/** The contract without promises. */
export interface MemoryStore extends SessionStore, ExpirySweep {
  readonly index: MemoryIndex
  /** Sessions held at this moment, the expired ones that no sweep has met yet among them. */
  readonly size: number
  close(): void
  listen(listener: (event: StoreEvent) => void): void
  create(record: SessionRecord): StoredSession
  load(token: string, options: { readonly slide: boolean }): LoadedSession | 'reused' | null
  update(token: string, changes: SessionChanges): UpdateResult
  rotate(token: string, changes: SessionChanges): StoredSession | null
  destroy(token: string): boolean
  sweepExpired(): number
}

export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new Memory(completeOptions(options))
}

class Memory implements MemoryStore {
  readonly name: string = 'memory'
  readonly index: MemoryIndex
  private readonly clock: () => number
  private readonly sweepEvery: number
  private readonly table: SessionTable
  private readonly listeners: ((event: StoreEvent) => void)[] = []
  /** Private to the runtime too: Node's timers are a ring, which JSON refuses. */
  #timer: NodeJS.Timeout | undefined
  /** Private to the runtime: it knows live tokens, which no inspection may show. */
  readonly #read = tokenReader()
  private closed = false

  constructor({ max, clock, sweepEvery }: Required<MemoryStoreOptions>) {
    this.clock = clock
    this.sweepEvery = sweepEvery
    this.table = new SessionTable(max, sweepEvery, (event) => this.emit(event))
    this.index = new MemoryIndex(this.table, clock)
  }

  get size(): number {
    return this.table.size
  }

  create({ values, terms }: SessionRecord): StoredSession {
    const now = this.clock()
    const handle = this.freeHandle()
    const verifier = newVerifier()
    const facts = factsOfNew(terms, now)
    this.table.add({ handle, ...proofs(verifier), values: copyText(values), facts }, now)
    this.sweepFromNowOn()
    return { handle, token: joinToken(handle, verifier), facts }
  }

  load(token: string, { slide }: { readonly slide: boolean }): LoadedSession | 'reused' | null {
    const now = this.clock()
    const entry = this.entryOf(token, now)
    if (entry === null || entry === 'reused') return entry
    if (slide) entry.facts = factsOfSlid(entry.facts, now)
    this.table.touch(entry)
    return { handle: entry.handle, values: entry.values, facts: entry.facts, now, token }
  }

  update(token: string, changes: SessionChanges): UpdateResult {
    const entry = this.entryOf(token, this.clock())
    if (entry === null || entry === 'reused') return { outcome: 'gone' }
    if (!meetsExpectations(entry.values, changes.expect)) return { outcome: 'conflict' }
    const facts = keepNotice(entry, factsOfUpdated(entry.facts, changes), changes)
    this.table.change(entry, changedValues(entry.values, changes), facts)
    this.table.touch(entry)
    return { outcome: 'saved', token }
  }

  rotate(token: string, changes: SessionChanges): StoredSession | null {
    const now = this.clock()
    const entry = this.entryOf(token, now)
    if (entry === null || entry === 'reused') return null
    // The contract has no "conflict" here; applying nothing is what `expect` asks for.
    if (!meetsExpectations(entry.values, changes.expect)) return null
    const verifier = newVerifier()
    Object.assign(entry, proofs(verifier))
    this.table.change(entry, changedValues(entry.values, changes), factsOfRotated(takeNotice(entry), changes, now))
    this.table.touch(entry)
    return { handle: entry.handle, token: joinToken(entry.handle, verifier), facts: entry.facts }
  }

  destroy(token: string): boolean {
    const entry = this.entryOf(token, this.clock())
    if (entry === null || entry === 'reused') return false
    this.table.remove(entry)
    return true
  }

  sweepExpired(): number {
    return this.table.sweep(this.clock())
  }

  listen(listener: (event: StoreEvent) => void): void {
    this.listeners.push(listener)
  }

  /** Ends the timer. Requests still under way go on reading and writing. */
  close(): void {
    this.closed = true
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** The live session that the token opens; `'reused'` if only its handle is right. */
  private entryOf(token: string, now: number): StoredEntry | 'reused' | null {
    const read = this.#read(token)
    if (read === null) return null
    const entry = this.table.live(read.handle, now)
    if (entry === null) return null
    if (entry.proofBytes === read.proofBytes) return entry
    if (!sameBytes(entry.proofBytes, read.proofBytes)) return 'reused'
    // The same object from now on: then the next look is enough, and takes no time that depends on what is in it.
    read.proofBytes = entry.proofBytes
    return entry
  }

  private freeHandle(): string {
    for (let attempt = 0; attempt < CREATE_ATTEMPTS; attempt++) {
      const handle = newHandle()
      if (!this.table.has(handle)) return handle
    }
    throw new SessionStoreError('create', `met a handle in use ${CREATE_ATTEMPTS} times: random numbers are broken`, { unknown: false })
  }

  /** Unref'd: a session store is no reason for a process to stay alive. */
  private sweepFromNowOn(): void {
    if (this.#timer !== undefined || this.closed) return
    this.#timer = setInterval(() => this.sweepExpired(), this.sweepEvery).unref()
  }

  private emit(event: StoreEvent): void {
    for (const listener of this.listeners) {
      try {
        listener(event)
      } catch {
        // The listener's failure is its own; the session is gone in any case.
      }
    }
  }
}

function proofs(verifier: string): Pick<StoredEntry, 'proof' | 'proofBytes'> {
  const proof = proofOf(verifier)
  return { proof, proofBytes: bytesOf(proof) }
}
