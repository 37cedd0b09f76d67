// Sessions in a store made for express-session: connect-redis and its like. That contract knows `get`, `set` and `destroy` of a whole session
// and nothing between, so every write reads first, checks the proof, merges, and writes the whole.
//
// Writers in this process take turns and lose nothing. Of two processes, the one that writes between the other's read and its write loses its
// change, and an end or a sign-in that falls there is undone. The store for Redis that comes with this package has no such gap.

import { changedValues, meetsExpectations, mergeText } from '../lib/apply.js'
import { SessionStoreError } from '../lib/errors.js'
import { factsOfNew, factsOfRotated, factsOfUpdated, isLive, isSlideDue } from '../lib/facts.js'
import type { LoadedSession, SessionChanges, SessionRecord, SessionStore, StoredSession, StoreLimit, UpdateResult } from '../lib/store.js'
import { joinToken, newHandle, newVerifier, proofOf, sameProof, tokenReader } from '../lib/token.js'
import { Calls, type ExpressSessionStore } from './express-store/calls.js'
import { type Kept, keptIn, objectOf } from './express-store/record.js'
import { Turns } from './express-store/turns.js'
import { refusalOf } from './redis/errors.js'

export { type ExpressSessionStore, isExpressStore } from './express-store/calls.js'

/** Two random handles of 128 bits never meet; a broken generator must not loop for ever. */
const CREATE_ATTEMPTS = 5

interface Live extends Kept {
  readonly handle: string
  readonly now: number
}

/** Wrap a store once: two wrappers of one store do not know of each other's writers. */
export function expressStore(store: ExpressSessionStore): SessionStore {
  return new WrappedStore(store)
}

class WrappedStore implements SessionStore {
  readonly name: string = 'express-session'
  readonly cannot: readonly StoreLimit[] = ['merge', 'expect', 'revoke', 'index', 'own-clock']
  readonly #calls: Calls
  readonly #turns: Turns = new Turns()
  /** Private to the runtime: it knows live tokens, which no inspection may show. */
  readonly #read = tokenReader()

  constructor(store: ExpressSessionStore) {
    this.#calls = new Calls(store)
  }

  create({ values, terms }: SessionRecord): Promise<StoredSession> {
    return telling('create', async () => {
      const now = Date.now()
      const [verifier, facts, own] = [newVerifier(), factsOfNew(terms, now), mergeText(values)]
      const handle = await this.freeHandle()
      await this.#calls.set(handle, objectOf({ proof: proofOf(verifier), facts, values: own }, now))
      return { handle, token: joinToken(handle, verifier), facts }
    })
  }

  load(token: string, { slide }: { readonly slide: boolean }): Promise<LoadedSession | 'reused' | null> {
    return telling('load', async () => {
      const found = await this.find(token)
      if (found === null || found === 'reused') return found
      const { handle, values, facts, now } = found
      const seenAt = slide && isSlideDue(facts, now - facts.seenAt) ? await this.slide(token, facts.seenAt) : facts.seenAt
      return { handle, values, facts: { ...facts, seenAt }, now, token }
    })
  }

  update(token: string, changes: SessionChanges): Promise<UpdateResult> {
    return this.write('update', token, GONE, async (live) => {
      if (!meetsExpectations(live.values, changes.expect)) return { outcome: 'conflict' }
      const facts = factsOfUpdated(live.facts, changes)
      if (!changesNothing(changes)) await this.put(live, { facts, values: changedValues(live.values, changes) })
      return { outcome: 'saved', token }
    })
  }

  rotate(token: string, changes: SessionChanges): Promise<StoredSession | null> {
    return this.write('rotate', token, null, async (live) => {
      // The contract has no "conflict" here; applying nothing is what `expect` asks for.
      if (!meetsExpectations(live.values, changes.expect)) return null
      const verifier = newVerifier()
      const facts = factsOfRotated(live.facts, changes, live.now)
      await this.put(live, { proof: proofOf(verifier), facts, values: changedValues(live.values, changes) })
      return { handle: live.handle, token: joinToken(live.handle, verifier), facts }
    })
  }

  destroy(token: string): Promise<boolean> {
    return this.write('destroy', token, false, async ({ handle }) => {
      await this.#calls.destroy(handle)
      return true
    })
  }

  end(handle: string): Promise<boolean> {
    return telling('end', () =>
      this.#turns.take(handle, async () => {
        const kept = keptIn(await this.#calls.get(handle))
        // What another library keeps there is not ours to end.
        if (kept === null) return false
        await this.#calls.destroy(handle)
        return isLive(kept.facts, Date.now())
      }),
    )
  }

  /**
   * Stamped by a whole write, though most such stores have a `touch`: theirs moves the TTL alone, and by what stands in the session it would
   * then be over before its time. A write that fails is no reason to fail a read: the session was found, and the next load tries again.
   */
  private async slide(token: string, seenBefore: number): Promise<number> {
    try {
      return await this.inTurn(token, seenBefore, async (live) => {
        const { facts, now } = live
        // Loads of the same moment are all due; the first one has stamped it.
        if (!isSlideDue(facts, now - facts.seenAt)) return facts.seenAt
        await this.put(live, { facts: { ...facts, seenAt: now } })
        return now
      })
    } catch {
      return seenBefore
    }
  }

  private write<T>(operation: string, token: string, none: T, work: (live: Live) => Promise<T>): Promise<T> {
    return telling(operation, () => this.inTurn(token, none, work))
  }

  /** Gives `work` the session as it is stored when its turn comes; `none` if the token opens nothing by then. */
  private async inTurn<T>(token: string, none: T, work: (live: Live) => Promise<T>): Promise<T> {
    const read = this.#read(token)
    if (read === null) return none
    return await this.#turns.take(read.handle, async () => {
      const found = await this.find(token)
      return found === null || found === 'reused' ? none : await work(found)
    })
  }

  /** The live session that the token opens; `'reused'` if only its handle is right. */
  private async find(token: string): Promise<Live | 'reused' | null> {
    const read = this.#read(token)
    if (read === null) return null
    const kept = keptIn(await this.#calls.get(read.handle))
    const now = Date.now()
    // By the facts and not by the store's TTL, which is in whole seconds, or switched off, or the store has none.
    if (kept === null || !isLive(kept.facts, now)) return null
    return sameProof(kept.proof, read.proof) ? { ...kept, handle: read.handle, now } : 'reused'
  }

  private put({ handle, proof, facts, values, now }: Live, next: Partial<Kept>): Promise<void> {
    return this.#calls.set(handle, objectOf({ proof, facts, values, ...next }, now))
  }

  /** `set` overwrites, so it is asked first; whatever is there, also another library's, is not ours to replace. */
  private async freeHandle(): Promise<string> {
    for (let attempt = 0; attempt < CREATE_ATTEMPTS; attempt++) {
      const handle = newHandle()
      const found = await this.#calls.get(handle)
      if (found === undefined || found === null) return handle
    }
    throw new SessionStoreError('create', `met a handle in use ${CREATE_ATTEMPTS} times: random numbers are broken`, { unknown: false })
  }
}

/** What Redis refuses ("out of memory") is an answer, and did nothing. Of other backends' errors nothing is known. */
async function telling<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    throw new SessionStoreError(operation, `was refused: ${refusal}`, { cause: error, unknown: false })
  }
}

const GONE: UpdateResult = Object.freeze({ outcome: 'gone' })

/** Then nothing need be written, and no other process's write can be lost by it. */
function changesNothing({ clear, unset = [], set = {}, indexes = {}, terms = {} }: SessionChanges): boolean {
  return clear === undefined && unset.length === 0 && [set, indexes, terms].every((part) => Object.keys(part).length === 0)
}
