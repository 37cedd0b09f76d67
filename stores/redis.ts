// Sessions in Redis: one hash each, one script and one round trip per operation, both clocks by Redis's own. See redis/scripts.ts for the
// layout. Nothing in Redis works as a cookie: of the verifier only the proof is there.
import { SessionStoreError } from '../lib/errors.js'
import {
  type LoadedSession,
  type SessionChanges,
  type SessionRecord,
  type SessionStore,
  type StoredSession,
  type StoreEvent,
  type UpdateResult,
  USER_INDEX,
} from '../lib/store.js'
import { joinToken, newHandle, newVerifier, proofOf, tokenReader } from '../lib/token.js'
import { type Announcement, Announcements } from './redis/announcements.js'
import { Background } from './redis/background.js'
import { type Connection, handedInConnection } from './redis/handed-in.js'
import { IndexSets, isFirstOfStep, spanOfNew } from './redis/index-sets.js'
import { Keys } from './redis/keys.js'
import { type CompleteOptions, completeOptions, type RedisStoreOptions } from './redis/options.js'
import { OwnConnection } from './redis/own-connection.js'
import { Packing } from './redis/packing.js'
import { clockArguments, factsOfNew, readLoaded, readValues, termFields } from './redis/record.js'
import { RedisIndex } from './redis/redis-index.js'
import { ScriptRunner } from './redis/script-runner.js'
import { CREATE, LOAD } from './redis/scripts.js'
import { type WriterTools, writeSession } from './redis/session-writer.js'
import { valueFields } from './redis/write-arguments.js'

export type { RedisClient } from './redis/driver.js'
export type { RedisServer, RedisStoreClientOptions, RedisStoreOptions, RedisStoreServerOptions } from './redis/options.js'

/** Two random handles of 128 bits never meet; a broken generator must not loop for ever. */
const CREATE_ATTEMPTS = 5
/** What goes on behind a call is small; `close` waits no longer for it. */
const CLOSE_MS = 500

export interface RedisStore extends SessionStore {
  readonly index: RedisIndex
  ready(): Promise<void>
  close(): Promise<void>
  listen(listener: (event: StoreEvent) => void): void
  subscribe(): Promise<void>
  announce(ended: Announcement): void
}

export function redisStore(options: RedisStoreOptions = {}): RedisStore {
  return new Redis(completeOptions(options))
}

class Redis implements RedisStore {
  readonly name: string = 'redis'
  readonly index: RedisIndex
  private readonly connection: Connection
  private readonly tools: WriterTools
  private readonly announcements: Announcements
  private warned = false
  /** Private to the runtime: it knows live tokens, which no inspection may show. */
  readonly #read = tokenReader()

  constructor({ ns, compressAbove, handedIn, connect }: CompleteOptions) {
    this.connection = handedIn === null ? new OwnConnection(connect) : handedInConnection(handedIn.client, handedIn.driver)
    const runner = new ScriptRunner(this.connection)
    const keys = new Keys(ns, this.connection.clustered)
    const sets = new IndexSets(runner, keys)
    this.tools = { runner, sets, packing: new Packing(compressAbove), background: new Background(), keys }
    this.index = new RedisIndex(this.tools)
    this.announcements = new Announcements(runner, this.connection, keys)
  }

  async ready(): Promise<void> {
    await this.connection.open()
    const policy = await this.tools.runner.probe(this.tools.keys.ns)
    if (this.warned || policy === '' || policy === 'noeviction') return
    this.warned = true
    const message = `Redis may drop sessions before they expire (maxmemory-policy ${policy}); set maxmemory-policy noeviction`
    process.emitWarning(message, { type: 'SteadySessionWarning', code: 'STEADY_SESSION_REDIS_EVICTS' })
  }

  async close(): Promise<void> {
    this.announcements.close()
    await this.tools.background.settle(CLOSE_MS)
    await this.connection.close()
  }

  listen(listener: (event: StoreEvent) => void): void {
    this.announcements.listen(listener)
  }

  async subscribe(): Promise<void> {
    await this.announcements.subscribe()
  }

  announce(ended: Announcement): void {
    this.tools.background.add(this.announcements.announce(ended))
  }

  /** For a limiter on the same server: its keys are put under the namespace. */
  evaluate(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const { ns } = this.tools.keys
    const named = keys.map((key) => `${ns}${key}`)
    return this.connection.eval(script, named, args)
  }

  async create({ values, terms }: SessionRecord): Promise<StoredSession> {
    const { runner, sets, packing, background, keys } = this.tools
    const indexes = Object.entries(terms.indexes)
    const fields = [
      ...(await valueFields(packing, values)),
      ...termFields(terms),
      ...indexes.flatMap(([name, value]) => [`x:${name}`, value]),
    ]
    const hasUser = terms.indexes[USER_INDEX] !== undefined
    for (let attempt = 0; attempt < CREATE_ATTEMPTS; attempt++) {
      const [handle, verifier] = [newHandle(), newVerifier()]
      await sets.add('create', handle, indexes, spanOfNew(terms))
      const args = [proofOf(verifier), ...clockArguments(terms), hasUser ? '1' : '0', ...fields]
      const now = Number(await runner.run('create', CREATE, keys.session(handle), args))
      if (now === 0) continue
      const facts = factsOfNew(terms, now, hasUser)
      background.add(sets.confirm('create', handle, { facts, now }))
      return { handle, token: joinToken(handle, verifier), facts }
    }
    throw new SessionStoreError('create', `met a handle in use ${CREATE_ATTEMPTS} times: random numbers are broken`, { unknown: false })
  }

  async load(token: string, { slide }: { readonly slide: boolean }): Promise<LoadedSession | 'reused' | null> {
    const read = this.#read(token)
    if (read === null) return null
    const { handle, proof } = read
    const { runner, sets, background, keys } = this.tools
    const reply = await runner.run('load', LOAD, keys.session(handle), [proof, slide ? '1' : '0'])
    if (reply === 0) return null
    if (reply === 1) return 'reused'
    const { values, facts, now, seenBefore } = readLoaded(reply, slide)
    if (slide && isFirstOfStep(facts, seenBefore, now)) background.add(sets.confirm('load', handle, { facts, now }))
    const texts = readValues('load', values)
    return { handle, values: texts instanceof Promise ? await texts : texts, facts, now, token }
  }

  async update(token: string, changes: SessionChanges): Promise<UpdateResult> {
    const read = this.#read(token)
    if (read === null) return { outcome: 'gone' }
    const write = { operation: 'update', ...read, newProof: '' }
    const { outcome } = await writeSession(this.tools, write, changes)
    return outcome === 'saved' ? { outcome, token } : { outcome }
  }

  async rotate(token: string, changes: SessionChanges): Promise<StoredSession | null> {
    const read = this.#read(token)
    if (read === null) return null
    const { handle } = read
    const verifier = newVerifier()
    const write = { operation: 'rotate', ...read, newProof: proofOf(verifier) }
    const written = await writeSession(this.tools, write, changes)
    if (written.outcome !== 'saved' || written.facts === null) return null
    return { handle, token: joinToken(handle, verifier), facts: written.facts }
  }

  async destroy(token: string): Promise<boolean> {
    const read = this.#read(token)
    return read !== null && (await this.index.remove('destroy', read.handle, 'p', read.proof))
  }
}
