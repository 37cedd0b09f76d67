// One server, and a connection that is made anew when it breaks or falls silent.
import { setTimeout as delay } from 'node:timers/promises'
import type { MaybePromise } from '../../lib/store.js'
import { Connection, loadDriver, type Memjs, type Target } from './connection.js'
import { NotConnectedError } from './errors.js'
import type { Link } from './link.js'
import type { Reply, Request } from './protocol.js'
import { ServerClock } from './server-clock.js'
import type { Stats } from './stats.js'

/**
 * A connection on which nothing came back between so many looks, while requests wait, is given up: a little after the deadline of a call
 * by default, so that a server that is back is in use within a second. Looks and not a clock, because a process that was busy itself finds
 * both the time gone by and the answers unread.
 */
const SILENT_LOOKS = 8
const LOOK_MS = 100
/** So long after a failure new sessions go to other servers. */
const DOWN_MS = 1000
const CLOSE_MS = 500

export class OwnLink implements Link {
  // Private to the runtime too: it holds the password.
  readonly #target: Target
  #connection: Connection | null = null
  #watch: NodeJS.Timeout | undefined
  private readonly clock: ServerClock = new ServerClock()
  private memjs: Memjs | null = null
  private closed = false
  private waiting = 0
  private silentLooks = 0
  private onRest: () => void = () => {}
  private failedAt = Number.NEGATIVE_INFINITY

  constructor(target: Target) {
    this.#target = target
  }

  get isDown(): boolean {
    return performance.now() - this.failedAt < DOWN_MS
  }

  send(request: Request): Promise<Reply> {
    const connection = this.#connection
    if (connection?.isGreeted === true && !this.closed) return this.ask(connection, request)
    return this.use((greeted) => this.ask(greeted, request))
  }

  /** A connection that is greeted knows it. */
  now(): MaybePromise<number> {
    return this.clock.isAnswered ? this.clock.now() : this.use(() => this.clock.now())
  }

  askStats(tell: (stats: Stats) => void): void {
    this.#connection?.askStats(tell)
  }

  /** Lets requests under way finish, within reason. */
  async close(): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.onRest = resolve
    })
    if (this.waiting > 0) await Promise.race([idle, delay(CLOSE_MS, undefined, { ref: false })])
    this.closed = true
    clearInterval(this.#watch)
    if (this.#connection !== null) this.drop(this.#connection, new Error('the store was closed'))
  }

  private ask(connection: Connection, request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      connection.ask(request, (error, reply) => {
        this.answered()
        if (!error) return resolve(reply)
        this.drop(connection, error)
        reject(error)
      })
      this.waiting++
    })
  }

  private answered(): void {
    this.silentLooks = 0
    if (--this.waiting === 0) this.onRest()
  }

  private async use<T>(work: (connection: Connection) => MaybePromise<T>): Promise<T> {
    this.memjs ??= await loadDriver()
    if (this.closed) throw new NotConnectedError()
    this.#connection ??= this.connect(this.memjs)
    const connection = this.#connection
    this.#watch ??= setInterval(() => this.look(), LOOK_MS).unref()
    this.waiting++
    try {
      await connection.greeted
      return await work(connection)
    } catch (error) {
      this.drop(connection, error)
      throw error
    } finally {
      this.answered()
    }
  }

  private connect(memjs: Memjs): Connection {
    this.clock.forgetQuestion()
    return new Connection(memjs, this.#target, this.clock, (closed) => this.drop(closed, new Error('the server closed the connection')))
  }

  private look(): void {
    if (this.#connection === null || this.waiting === 0) this.silentLooks = 0
    else if (this.silentLooks++ >= SILENT_LOOKS) this.drop(this.#connection, new Error('the server does not answer'))
  }

  private drop(connection: Connection, cause: unknown): void {
    if (connection !== this.#connection) return
    this.#connection = null
    this.failedAt = performance.now()
    connection.end(cause)
  }
}
