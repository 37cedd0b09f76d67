// express-session's stores as they are, and one that a test holds in its hands.
import { RedisStore } from 'connect-redis'
import { MemoryStore } from 'express-session'
import { createClient } from 'redis'
import type { LoadedSession, SessionRecord, SessionStore, SessionTerms } from '../../lib/store.js'
import { type ExpressSessionStore, expressStore } from '../../stores/express-store.js'

export async function connectRedis(url: string, prefix: string) {
  const client = createClient({ url })
  await client.connect()
  return { client, store: new RedisStore({ client, prefix }), close: () => client.close() }
}

/** The same store, as one of those that never learnt to `touch`. */
export function withoutTouch(store: ExpressSessionStore): ExpressSessionStore {
  return {
    get: (sid, callback) => store.get(sid, callback),
    set: (sid, session, callback) => store.set(sid, session, callback),
    destroy: (sid, callback) => store.destroy(sid, callback),
  }
}

/** Within one process the gaps that the adapter declares do not open: the suite holds it to that. */
export function aloneInItsProcess(store: ExpressSessionStore): SessionStore {
  return Object.defineProperty(expressStore(store), 'cannot', { value: ['index', 'own-clock'] })
}

export function memoryOfExpress(): ExpressSessionStore {
  return new MemoryStore()
}

/** Answers as the test says, at its time; keeps the text of what was set. */
export class HandHeldStore implements ExpressSessionStore {
  readonly texts: Map<string, string> = new Map()
  readonly calls: string[] = []
  /** What the next calls wait for. */
  gate: Promise<unknown> = Promise.resolve()
  failure: Error | undefined

  get(sid: string, callback: (error?: unknown, session?: unknown) => void): void {
    this.answer('get', callback, () => JSON.parse(this.texts.get(sid) ?? 'null'))
  }

  set(sid: string, session: object, callback: (error?: unknown) => void): void {
    const text = JSON.stringify(session)
    this.answer('set', callback, () => void this.texts.set(sid, text))
  }

  destroy(sid: string, callback: (error?: unknown) => void): void {
    this.answer('destroy', callback, () => void this.texts.delete(sid))
  }

  touch(): void {
    this.calls.push('touch')
  }

  private answer(call: string, callback: (error?: unknown, answer?: unknown) => void, work: () => unknown): void {
    this.calls.push(call)
    const { failure } = this
    void this.gate.then(() => (failure === undefined ? callback(null, work()) : callback(failure)))
  }
}

/** A session of an hour's idle span and a day's lifetime, unless the terms say otherwise. */
export function record(terms: Partial<SessionTerms> = {}, values: Record<string, string> = {}): SessionRecord {
  return { values, terms: { id: 'id', idleMs: 3_600_000, lifetimeMs: 86_400_000, persistent: true, indexes: {}, ...terms } }
}

export async function mustLoad(store: SessionStore, token: string, slide = false): Promise<LoadedSession> {
  const found = await store.load(token, { slide })
  if (found === null || found === 'reused') throw new Error(`not found: ${found}`)
  return found
}
