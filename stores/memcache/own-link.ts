// One server, through memjs. Each connection gets a client of its own, which is thrown away with it: memjs carries half a reply of a broken
// connection over into the next, and forgets a connection that is made before the old one has closed. It also waits for ever on a
// connection that the server closed, and its timeouts start again with every request that is written.
import { setTimeout as delay } from 'node:timers/promises'
import { SessionStoreError } from '../../lib/errors.js'
import { NotConnectedError } from './errors.js'
import { type Link, type MemcacheClient, perform } from './link.js'
import type { Reply, Request } from './protocol.js'

/** TCP and SASL. */
const CONNECT_SECONDS = 0.5
/** A connection on which nothing came back for so long, while requests wait, is given up. Longer than the deadline of a call. */
const SILENT_MS = 1000
const LOOK_MS = 250
/** So long after a failure new sessions go to other servers. */
const DOWN_MS = 1000
const CLOSE_MS = 500

export interface Target {
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
}

interface Socket {
  destroy(): void
  once(event: 'close', listener: () => void): unknown
  setNoDelay(on: boolean): unknown
}

/** As much of memjs as is used here. */
interface MemjsServer {
  readonly _socket?: Socket | undefined
  /** Ends the connection; every waiting request fails with it. */
  error(error: unknown): void
}

interface Connection {
  readonly client: MemcacheClient
  readonly server: MemjsServer
  socket: Socket | null
}

interface Memjs {
  readonly Client: new (servers: readonly MemjsServer[], options: object) => MemcacheClient
  readonly Server: new (
    host: string,
    port: number,
    username: string | undefined,
    password: string | undefined,
    options: object,
  ) => MemjsServer
}

export class OwnLink implements Link {
  // Private to the runtime too: it holds the password.
  readonly #target: Target
  #connection: Connection | null = null
  #watch: NodeJS.Timeout | undefined
  private memjs: Memjs | null = null
  private closed = false
  private waiting = 0
  private lastAnswer = 0
  private onRest: () => void = () => {}
  private failedAt = Number.NEGATIVE_INFINITY

  constructor(target: Target) {
    this.#target = target
  }

  get isDown(): boolean {
    return performance.now() - this.failedAt < DOWN_MS
  }

  async send(request: Request): Promise<Reply> {
    this.memjs ??= await loadDriver()
    if (this.closed) throw new NotConnectedError()
    this.#connection ??= connect(this.memjs, this.#target)
    const connection = this.#connection
    if (this.waiting++ === 0) this.lastAnswer = performance.now()
    this.#watch ??= setInterval(() => this.look(), LOOK_MS).unref()
    try {
      return await this.ask(connection, request)
    } catch (error) {
      this.replace(connection)
      throw error
    } finally {
      if (--this.waiting === 0) this.onRest()
    }
  }

  /** Lets requests under way finish, within reason. */
  async close(): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.onRest = resolve
    })
    if (this.waiting > 0) await Promise.race([idle, delay(CLOSE_MS, undefined, { ref: false })])
    this.closed = true
    clearInterval(this.#watch)
    if (this.#connection !== null) this.giveUp(this.#connection, new Error('the store was closed'))
  }

  private ask(connection: Connection, request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      perform(connection.client, request, (error, reply) => {
        this.lastAnswer = performance.now()
        if (error) reject(error)
        else resolve(reply)
      })
      this.watch(connection)
    })
  }

  /** memjs notices errors of its socket, but not that the server closed it. */
  private watch(connection: Connection): void {
    const socket = connection.server._socket
    if (connection.socket !== null || socket === undefined) return
    connection.socket = socket
    socket.setNoDelay(true)
    socket.once('close', () => this.giveUp(connection, new Error('the server closed the connection')))
  }

  private look(): void {
    if (this.#connection === null || this.waiting === 0 || performance.now() - this.lastAnswer <= SILENT_MS) return
    this.giveUp(this.#connection, new Error('the server does not answer'))
  }

  private giveUp(connection: Connection, cause: Error): void {
    this.replace(connection)
    connection.server.error(cause)
  }

  private replace(connection: Connection): void {
    if (connection !== this.#connection) return
    this.#connection = null
    this.failedAt = performance.now()
    // memjs only half-closes one that does not come about.
    connection.socket?.destroy()
  }
}

function connect({ Client, Server }: Memjs, { host, port, username, password }: Target): Connection {
  const bounds = { timeout: SILENT_MS / 1000, conntimeout: CONNECT_SECONDS }
  const server = new Server(host, port, username, password, bounds)
  const client = new Client([server], { retries: 1, failover: false, logger: { log: () => {} } })
  return { client, server, socket: null }
}

/** Not a literal in `import()`: an application that is bundled without the driver must still build. */
const DRIVER: string = 'memjs'

async function loadDriver(): Promise<Memjs> {
  try {
    const loaded = (await import(DRIVER)) as Memjs & { default?: Memjs }
    const { Client, Server } = loaded.Client === undefined ? (loaded.default as Memjs) : loaded
    return { Client, Server }
  } catch (cause) {
    throw new SessionStoreError('connect', 'needs the package memjs: npm install memjs', { cause, unknown: false })
  }
}
