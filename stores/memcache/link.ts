// What a store sends requests through: one server of its own, or a client that the application has.
import type { MaybePromise } from '../../lib/store.js'
import { encodeRequest, GET, type Reply, type Request } from './protocol.js'
import { ServerClock } from './server-clock.js'
import { askStats, type MemjsServer, type Stats } from './stats.js'

export interface Link {
  /** Rejects with the driver's error. */
  send(request: Request): Promise<Reply>
  /** Whether asking it now is likely in vain. */
  readonly isDown: boolean
  /** By the clock of the server that holds the key, which is asked if it has not told it yet. */
  now(key: string): MaybePromise<number>
  /** Tells them server by server; empty of one that tells nothing. */
  askStats(tell: (stats: Stats) => void): void
  close(): Promise<void>
}

/** As much of a client of memjs as is used here; `perform` is the part of it that takes any request. */
export interface MemcacheClient {
  readonly seq: number
  readonly options: { readonly failover?: boolean | undefined }
  perform(key: string, request: Buffer, seq: number, callback: PerformCallback, retries?: number): void
  readonly servers?: readonly MemjsServer[]
  /** The one that it sends a request with this key to. */
  server?(key: string): MemjsServer | null | undefined
}

type PerformCallback = (error: Error | null, response: Reply) => void

/** A write that is sent twice is not the same write. */
const ATTEMPTS = 1
const LAST_SEQ = 0x7fffffff

/** `done` gets each answer, also a late one. */
export function perform(client: MemcacheClient, request: Request, done: (error: unknown, reply: Reply) => void): void {
  const seq = nextSeq(client)
  client.perform(request.key, encodeRequest(request, seq), seq, done, ATTEMPTS)
}

/** Before a request, so that the time is known when the reply to that comes. */
export function askTimeIfDue(client: MemcacheClient, server: MemjsServer, clock: ServerClock): void {
  if (!clock.isDue) return
  const tell = clock.asked()
  askStats(server, nextSeq(client), (stats) => (stats === null ? clock.forgetQuestion() : tell(Number(stats['time']))))
}

/** Shared with the client's own commands. Its own `incrSeq` turns negative after 2^31 commands, and then every command throws. */
export function nextSeq(client: { seq: number }): number {
  client.seq = (client.seq + 1) & LAST_SEQ
  return client.seq
}

/** The client chooses among its servers; it is neither connected nor closed here. */
export class HandedInLink implements Link {
  readonly isDown: boolean = false
  private readonly client: MemcacheClient
  readonly #clocks: WeakMap<MemjsServer, ServerClock> = new WeakMap()

  constructor(client: MemcacheClient) {
    this.client = client
  }

  send(request: Request): Promise<Reply> {
    const server = this.client.server?.(request.key)
    if (server) askTimeIfDue(this.client, server, this.clockOf(server))
    return new Promise((resolve, reject) => {
      perform(this.client, request, (error, reply) => (error ? reject(error) : resolve(reply)))
    })
  }

  now(key: string): MaybePromise<number> {
    const server = this.client.server?.(key)
    if (!server) return Date.now()
    const clock = this.clockOf(server)
    if (clock.isAnswered) return clock.now()
    return this.send({ opcode: GET, key }).then(() => clock.now())
  }

  askStats(tell: (stats: Stats) => void): void {
    const { servers = [] } = this.client
    if (servers.length === 0) tell({})
    for (const server of servers) askStats(server, nextSeq(this.client), (stats) => stats !== null && tell(stats))
  }

  async close(): Promise<void> {}

  private clockOf(server: MemjsServer): ServerClock {
    const clock = this.#clocks.get(server) ?? new ServerClock()
    this.#clocks.set(server, clock)
    return clock
  }
}
