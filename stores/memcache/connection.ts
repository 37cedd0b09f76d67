// One connection to one server, through memjs. It gets a client of its own, which is thrown away with it: memjs carries half a reply of a
// broken connection over into the next, and forgets a connection that is made before the old one has closed. It also waits for ever on a
// connection that the server closed, and its timeouts start again with every request that is written.
import { importDriver } from '../drivers.js'
import { isLoginRefused, NotConnectedError } from './errors.js'
import { askEvictions, type MemcacheClient, perform } from './link.js'
import { NOOP, type Reply, type Request } from './protocol.js'

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

export interface Memjs {
  readonly Client: new (servers: readonly MemjsServer[], options: object) => MemcacheClient
  readonly Server: new (
    host: string,
    port: number,
    username: string | undefined,
    password: string | undefined,
    options: object,
  ) => MemjsServer
}

export class Connection {
  /** Resolves once the server answers; till then nothing that matters is sent. Rejects for good. */
  readonly greeted: Promise<void>
  // Private to the runtime too: it holds the password.
  readonly #server: MemjsServer
  readonly #client: MemcacheClient
  readonly #onClose: (connection: Connection) => void
  #socket: Socket | undefined

  /** `onClose` is told when the server closes it: memjs notices errors of its socket, but not that. */
  constructor({ Client, Server }: Memjs, { host, port, username, password }: Target, onClose: (connection: Connection) => void) {
    this.#onClose = onClose
    const bounds = { timeout: MEMJS_SECONDS, conntimeout: CONNECT_MS / 1000 }
    this.#server = new Server(host, port, username, password, bounds)
    this.#client = new Client([this.#server], { retries: 1, failover: false, logger: { log: () => {} } })
    this.greeted = this.greet()
    this.greeted.catch(() => {})
  }

  ask(request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      perform(this.#client, request, (error, reply) => (error ? reject(error) : resolve(reply)))
      this.watch()
    })
  }

  askEvictions(tell: (count: number) => void): void {
    askEvictions(this.#client, tell)
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
      await this.ask({ opcode: NOOP, key: '' })
    } catch (error) {
      throw isLoginRefused(error) ? error : new NotConnectedError({ cause: error })
    } finally {
      clearTimeout(tooLong)
    }
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
