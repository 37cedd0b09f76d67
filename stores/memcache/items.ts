// Sessions as items: one each, read with its CAS, written only if nobody else wrote meanwhile.
import { setTimeout as delay } from 'node:timers/promises'
import { SessionStoreError } from '../../lib/errors.js'
import type { MaybePromise } from '../../lib/store.js'
import { newHandle, sameProof } from '../../lib/token.js'
import { type Entry, packEntry, unpackEntry } from './envelope.js'
import { isBroken, isFinal, isNotSent, refusal, storeError, unreadable } from './errors.js'
import { expiryOf } from './expiry.js'
import type { Link } from './link.js'
import type { CompleteOptions } from './options.js'
import { ADD, DELETE, EXISTS, GET, NOT_FOUND, NOT_STORED, OK, REPLACE, type Reply, type Request } from './protocol.js'
import { Ring } from './ring.js'
import type { Stats } from './stats.js'

const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 200
const ANY: Buffer = Buffer.alloc(8)
/** By default memcached drops what was used least when it has no room, sessions as well. */
const WANT_OF_MEMORY = ', for want of memory: sessions may be lost; give it more (option -m)'
const NO_CLOCK = 'memcached does not tell its time: sessions are judged by the clock of this process; keep the clocks of all servers right'
/** Handles drawn to find one whose server is up. */
const DRAWS = 64

export interface Item {
  readonly entry: Entry
  readonly cas: Buffer
}

export interface ReadItem extends Item {
  /** How long its text is. */
  readonly bytes: number
}

/** `'changed'`: somebody wrote since; `'missing'`: there is nothing to write over. */
export type Written = 'written' | 'changed' | 'missing'

export class Items {
  private readonly ns: string
  private readonly links: readonly Link[]
  private readonly ring: Ring
  private opening: Promise<void> | null = null
  private closed = false
  private readonly clock: (() => number) | undefined
  private readonly warned: Set<string> = new Set()

  constructor({ ns, links, names, clock }: CompleteOptions) {
    this.ns = ns
    this.clock = clock
    this.links = links
    this.ring = new Ring(names)
  }

  /** Resolves once one server answers: of those that are down only their own sessions suffer. */
  open(): Promise<void> {
    this.opening ??= this.tryUntilReached().finally(() => {
      this.opening = null
    })
    return this.opening
  }

  async close(): Promise<void> {
    this.closed = true
    await Promise.all(this.links.map((link) => link.close()))
  }

  /** Of a server that is not known to be down, if there is one: a new session may live anywhere. */
  freeHandle(): string {
    let handle = newHandle()
    for (let draw = 1; draw < DRAWS && this.linkOf(handle).isDown; draw++) handle = newHandle()
    return handle
  }

  /**
   * The present by the clock of the server that holds it: whichever process asks, a session is stamped and judged by the same one. Servers
   * need not agree with one another.
   */
  now(operation: string, handle: string): MaybePromise<number> {
    if (this.clock !== undefined) return this.clock()
    const now = this.linkOf(handle).now(this.ns + handle)
    return typeof now === 'number' ? now : now.catch((error: unknown) => Promise.reject(storeError(operation, error)))
  }

  /** What was added; `false`: there was something already; `'down'`: its server is not to be reached, and there are others. */
  async add(handle: string, entryAt: (now: number) => Entry): Promise<Entry | false | 'down'> {
    try {
      const time = this.now('create', handle)
      // Without a tick, if it is known: then this call is on its way before anybody can close the store.
      const now = typeof time === 'number' ? time : await time
      const entry = entryAt(now)
      return (await this.addOnce(handle, entry, now)) && entry
    } catch (error) {
      if (isNotSent(error) && this.links.some((link) => !link.isDown)) return 'down'
      throw error
    }
  }

  async get(operation: string, handle: string): Promise<ReadItem | null> {
    const { header, val } = await this.read(operation, handle)
    if (header.status === NOT_FOUND) return null
    expectOk(operation, header.status)
    const entry = unpackEntry(val.toString('utf8'))
    if (entry === null) throw unreadable(operation)
    return { entry, cas: header.cas, bytes: val.length }
  }

  async replace(operation: string, handle: string, { entry, cas }: Item, now: number): Promise<Written> {
    const store = { text: packEntry(entry), expiry: expiryOf(entry.facts, now) }
    return written(operation, await this.send(operation, handle, { opcode: REPLACE, cas, store }))
  }

  /** As `replace`, with an entry whose proof nobody else writes. */
  async replaceProof(operation: string, handle: string, item: Item, now: number): Promise<Written> {
    try {
      return await this.replace(operation, handle, item, now)
    } catch (error) {
      if (await this.holds(operation, handle, item.entry, error)) return 'written'
      throw error
    }
  }

  /** Without a CAS whatever is there goes. */
  async delete(operation: string, handle: string, cas: Buffer = ANY): Promise<Written> {
    return written(operation, await this.send(operation, handle, { opcode: DELETE, cas }))
  }

  private async addOnce(handle: string, entry: Entry, now: number): Promise<boolean> {
    const store = { text: packEntry(entry), expiry: expiryOf(entry.facts, now) }
    try {
      const { header } = await this.send('create', handle, { opcode: ADD, store })
      if (header.status === EXISTS || header.status === NOT_STORED) return false
      return expectOk('create', header.status)
    } catch (error) {
      if (await this.holds('create', handle, entry, error)) return true
      throw error
    }
  }

  /** Reading twice does no harm: a connection that broke meanwhile costs no request. */
  private async read(operation: string, handle: string): Promise<Reply> {
    try {
      return await this.linkOf(handle).send({ opcode: GET, key: this.ns + handle })
    } catch (cause) {
      const error = storeError(operation, cause)
      if (!isBroken(error)) throw error
      return this.send(operation, handle, { opcode: GET })
    }
  }

  /** A new proof tells whether the write that lost its answer took effect. That it is not there tells nothing: the write may still come. */
  private async holds(operation: string, handle: string, { proof }: Entry, error: unknown): Promise<boolean> {
    if (!isBroken(error)) return false
    const item = await this.get(operation, handle).catch(() => null)
    return item !== null && item !== undefined && sameProof(item.entry.proof, proof)
  }

  private async send(operation: string, handle: string, request: Omit<Request, 'key'>): Promise<Reply> {
    try {
      return await this.linkOf(handle).send({ ...request, key: this.ns + handle })
    } catch (error) {
      throw storeError(operation, error)
    }
  }

  private linkOf(handle: string): Link {
    return (this.links.length === 1 ? this.links[0] : this.links[this.ring.serverOf(handle)]) as Link
  }

  private async tryUntilReached(): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      if (this.closed) throw new SessionStoreError('connect', 'failed: the store was closed', { unknown: false })
      const failures = await this.probe()
      if (failures === null) return this.lookAtServers()
      const final = failures.find(isFinal)
      if (final !== undefined) throw final
      await delay(pause)
    }
  }

  /** What nobody else would notice but the user. */
  private lookAtServers(): void {
    const warn = (code: string, message: string): void => {
      if (this.warned.has(code)) return
      this.warned.add(code)
      process.emitWarning(message, { type: 'SteadySessionWarning', code: `STEADY_SESSION_MEMCACHE_${code}` })
    }
    const look = ({ evictions, time }: Stats): void => {
      if (Number(evictions) > 0) warn('EVICTS', `memcached dropped ${evictions} items before their time${WANT_OF_MEMORY}`)
      if (time === undefined && this.clock === undefined) warn('CLOCK', NO_CLOCK)
    }
    for (const link of this.links) link.askStats(look)
  }

  /** `null` once one answers, else why none did. Another key each time: a client that is handed in chooses its server by it. */
  private async probe(): Promise<readonly unknown[] | null> {
    const key = this.ns + newHandle()
    const asked = this.links.map(async (link) => {
      const { status } = (await link.send({ opcode: GET, key })).header
      if (status !== NOT_FOUND) expectOk('connect', status)
    })
    try {
      await Promise.any(asked)
      return null
    } catch (error) {
      const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
      return errors.map((one) => storeError('connect', one))
    }
  }
}

function written(operation: string, { header: { status } }: Reply): Written {
  if (status === EXISTS || status === NOT_STORED) return 'changed'
  if (status === NOT_FOUND) return 'missing'
  expectOk(operation, status)
  return 'written'
}

function expectOk(operation: string, status: number): true {
  if (status === OK) return true
  throw refusal(operation, status)
}
