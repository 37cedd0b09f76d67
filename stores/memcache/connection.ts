// One connection to one server, through memjs. It gets a client of its own, which is thrown away with it: memjs carries half a reply of a
// broken connection over into the next, and forgets a connection that is made before the old one has closed. It also waits for ever on a
// connection that the server closed, and its timeouts start again with every request that is written.
import { importDriver } from '../drivers.js'
import { isLoginRefused, NotConnectedError } from './errors.js'
import { askTimeIfDue, type MemcacheClient, nextSeq, perform } from './link.js'
import { NOOP, type Reply, type Request } from './protocol.js'
import type { ServerClock } from './server-clock.js'
import { askStats, type MemjsServer, type Stats } from './stats.js'

/** TCP, SASL and the first answer. Less than a second: once the server is back, so are we. */
const CONNECT_MS = 500
/** Ours is shorter; see own-link.ts. */
const MEMJS_SECONDS = 1

export interface Target {
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
}

interface Socket {
  cork(): void
  uncork(): void
  destroy(): void
  once(event: 'close', listener: () => void): unknown
  setNoDelay(on: boolean): unknown
}

interface OwnServer extends MemjsServer {
  readonly _socket?: Socket | undefined
  /** Ends the connection; every waiting request fails with it. */
  error(error: unknown): void
}

/** As much of memjs as is used here. */
export interface Memjs {
  readonly Client: new (servers: readonly OwnServer[], options: object) => MemcacheClient
  readonly Server: new (
    host: string,
    port: number,
    username: string | undefined,
    password: string | undefined,
    options: object,
  ) => OwnServer
}

export class Connection {
  /** Resolves once the server answers, and has told its time if it does; till then nothing that matters is sent. Rejects for good. */
  readonly greeted: Promise<void>
  // Private to the runtime too: it holds the password.
  readonly #server: OwnServer
  readonly #client: MemcacheClient
  readonly #clock: ServerClock
  readonly #onClose: (connection: Connection) => void
  #socket: Socket | undefined
  #isCorked = false
  #isGreeted = false

  /** `onClose` is told when the server closes it: memjs notices errors of its socket, but not that. */
  constructor({ Client, Server }: Memjs, target: Target, clock: ServerClock, onClose: (connection: Connection) => void) {
    const { host, port, username, password } = target
    this.#clock = clock
    this.#onClose = onClose
    const bounds = { timeout: MEMJS_SECONDS, conntimeout: CONNECT_MS / 1000 }
    this.#server = new Server(host, port, username, password, bounds)
    this.#client = new Client([this.#server], { retries: 1, failover: false, logger: { log: () => {} } })
    this.greeted = this.greet()
    this.greeted.catch(() => {})
  }

  /** Whether `greeted` has resolved. */
  get isGreeted(): boolean {
    return this.#isGreeted
  }

  ask(request: Request, done: (error: unknown, reply: Reply) => void): void {
    this.cork()
    askTimeIfDue(this.#client, this.#server, this.#clock)
    perform(this.#client, request, done)
    this.watch()
  }

  askStats(tell: (stats: Stats) => void): void {
    askStats(this.#server, nextSeq(this.#client), (stats) => stats !== null && tell(stats))
  }

  /** Everything that waits fails with the cause. */
  end(cause: unknown): void {
    this.#server.error(cause)
    // memjs only half-closes one that does not come about.
    this.#socket?.destroy()
  }

  private async greet(): Promise<void> {
    const tooLong = setTimeout(() => this.end(new Error('the server does not answer')), CONNECT_MS)
    try {
      await new Promise<void>((resolve, reject) => {
        this.ask({ opcode: NOOP, key: '' }, (error) => (error ? reject(error) : resolve()))
      })
      this.#isGreeted = true
    } catch (error) {
      throw isLoginRefused(error) ? error : new NotConnectedError({ cause: error })
    } finally {
      clearTimeout(tooLong)
    }
  }

  /** What is asked in one turn of the event loop goes in one write: a write costs more than all else that a request does here. */
  private cork(): void {
    const socket = this.#socket
    if (socket === undefined || this.#isCorked) return
    this.#isCorked = true
    socket.cork()
    setImmediate(() => {
      this.#isCorked = false
      socket.uncork()
    })
  }

  private watch(): void {
    const socket = this.#server._socket
    if (this.#socket !== undefined || socket === undefined) return
    this.#socket = socket
    socket.setNoDelay(true)
    socket.once('close', () => this.#onClose(this))
  }
}

export async function loadDriver(): Promise<Memjs> {
  const loaded = (await importDriver('memjs')) as Memjs & { default?: Memjs }
  const { Client, Server } = loaded.Client === undefined ? (loaded.default as Memjs) : loaded
  return { Client, Server }
}
