// What a store sends requests through: one server of its own, or a client that the application has.
import type { Reply, Request } from './protocol.js'
import { encodeRequest } from './protocol.js'

export interface Link {
  /** Rejects with the driver's error. */
  send(request: Request): Promise<Reply>
  /** Whether asking it now is likely in vain. */
  readonly isDown: boolean
  /** Tells how many items were dropped before their time, server by server; nothing if that cannot be known. */
  askEvictions(tell: (count: number) => void): void
  close(): Promise<void>
}

/** As much of a client of memjs as is used here; `perform` is the part of it that takes any request. */
export interface MemcacheClient {
  readonly seq: number
  readonly options: { readonly failover?: boolean | undefined }
  perform(key: string, request: Buffer, seq: number, callback: PerformCallback, retries?: number): void
  /** Calls back once per server. */
  stats?(callback: (error: Error | null, server: string, stats: Readonly<Record<string, string>> | null) => void): void
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

export function askEvictions(client: MemcacheClient, tell: (count: number) => void): void {
  try {
    client.stats?.((_error, _server, stats) => {
      const count = Number(stats?.['evictions'])
      if (Number.isFinite(count)) tell(count)
    })
  } catch {
    // A client that has sent 2^31 commands can send no more of its own; see nextSeq.
  }
}

/** Shared with the client's own commands. Its own `incrSeq` turns negative after 2^31 commands, and then every command throws. */
function nextSeq(client: { seq: number }): number {
  client.seq = (client.seq + 1) & LAST_SEQ
  return client.seq
}

/** The client chooses among its servers; it is neither connected nor closed here. */
export class HandedInLink implements Link {
  readonly isDown: boolean = false
  private readonly client: MemcacheClient

  constructor(client: MemcacheClient) {
    this.client = client
  }

  send(request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      perform(this.client, request, (error, reply) => (error ? reject(error) : resolve(reply)))
    })
  }

  askEvictions(tell: (count: number) => void): void {
    askEvictions(this.client, tell)
  }

  async close(): Promise<void> {}
}
