// Sessions as items: one each, read with its CAS, written only if nobody else wrote meanwhile.
import { setTimeout as delay } from 'node:timers/promises'
import { SessionStoreError } from '../../lib/errors.js'
import { newHandle, sameProof } from '../../lib/token.js'
import { type Entry, packEntry, unpackEntry } from './envelope.js'
import { isBroken, isFinal, isNotSent, refusal, storeError, unreadable } from './errors.js'
import { expiryOf } from './expiry.js'
import type { Link } from './link.js'
import type { CompleteOptions } from './options.js'
import { ADD, DELETE, EXISTS, GET, NOT_FOUND, NOT_STORED, OK, REPLACE, type Reply, type Request } from './protocol.js'
import { Ring } from './ring.js'

const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 200
const ANY: Buffer = Buffer.alloc(8)
/** Handles drawn to find one whose server is up. */
const DRAWS = 64

export interface Item {
  readonly entry: Entry
  readonly cas: Buffer
}

/** `'changed'`: somebody wrote since; `'missing'`: there is nothing to write over. */
export type Written = 'written' | 'changed' | 'missing'

export class Items {
  private readonly ns: string
  private readonly links: readonly Link[]
  private readonly ring: Ring
  private opening: Promise<void> | null = null
  private closed = false
  private warned = false

  constructor({ ns, links, names }: CompleteOptions) {
    this.ns = ns
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

  /** Whether it was new; `'down'`: its server is not to be reached, and there are others. */
  async add(handle: string, entry: Entry, now: number): Promise<boolean | 'down'> {
    const store = { text: packEntry(entry), expiry: expiryOf(entry.facts, now) }
    try {
      const { header } = await this.send('create', handle, { opcode: ADD, store })
      if (header.status === EXISTS || header.status === NOT_STORED) return false
      return expectOk('create', header.status)
    } catch (error) {
      if (await this.holds('create', handle, entry, error)) return true
      if (isNotSent(error) && this.links.some((link) => !link.isDown)) return 'down'
      throw error
    }
  }

  async get(operation: string, handle: string): Promise<Item | null> {
    const { header, val } = await this.read(operation, handle)
    if (header.status === NOT_FOUND) return null
    expectOk(operation, header.status)
    const entry = unpackEntry(val.toString('utf8'))
    if (entry === null) throw unreadable(operation)
    return { entry, cas: header.cas }
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

  /** Reading twice does no harm: a connection that broke meanwhile costs no request. */
  private async read(operation: string, handle: string): Promise<Reply> {
    try {
      return await this.send(operation, handle, { opcode: GET })
    } catch (error) {
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
      if (failures === null) return this.askEvictions()
      const final = failures.find(isFinal)
      if (final !== undefined) throw final
      await delay(pause)
    }
  }

  /** By default memcached drops what was used least when it has no room, sessions as well, and nobody notices but the user. */
  private askEvictions(): void {
    const warn = (count: number): void => {
      if (this.warned || count === 0) return
      this.warned = true
      const message = `memcached dropped ${count} items before their time, for want of memory: sessions may be lost; give it more (option -m)`
      process.emitWarning(message, { type: 'SteadySessionWarning', code: 'STEADY_SESSION_MEMCACHE_EVICTS' })
    }
    for (const link of this.links) link.askEvictions(warn)
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
