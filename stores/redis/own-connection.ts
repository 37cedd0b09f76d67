// A connection of the store's own, through the package `redis`. It is kept up for ever: each try makes a fresh client, and one whose
// server does not answer is given up. Left to itself the driver waits on a connection that died silently until TCP notices, and on a
// server that accepts and never answers without end.
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { SessionStoreError } from '../../lib/errors.js'
import { importDriver } from '../drivers.js'
import type { RedisDriver, Subscription } from './driver.js'
import { isNotSent, isReadOnly, NotConnectedError, refusalOf } from './errors.js'
import type { ConnectOptions } from './options.js'
import { type NodeRedisSubscriber, subscribeOn } from './subscribing.js'

/** TCP (and TLS); within it the driver ends its own attempt. */
const CONNECT_MS = 500
/** Connecting with all that the driver says to the server first. With the pause after it less than a second: once Redis is back, so are we. */
const ATTEMPT_MS = 600
const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 200
/** The server answered and wants none of us; asking as often as one that is away would be rude. */
const REFUSED_PAUSE_MS = 500
/**
 * A connection on which nothing came back between so many looks, while commands wait, is given up: a little after the deadline of a call
 * by default, so that a server that is back is in use within a second. Looks and not a clock, because a process that was busy itself finds
 * both the time gone by and the answers unread.
 */
const SILENT_LOOKS = 8
const LOOK_MS = 100

/** As much of the driver's client as is used here. */
interface OwnClient extends NodeRedisSubscriber {
  close(): Promise<unknown>
  sendCommand(args: readonly string[]): Promise<unknown>
}

type CreateClient = (options: Readonly<Record<string, unknown>>) => OwnClient

export class OwnConnection implements RedisDriver {
  readonly clustered = false
  // Private to the runtime too: they hold the password.
  readonly #options: ConnectOptions
  #client: OwnClient | null = null
  #watch: NodeJS.Timeout | undefined
  private createClient: CreateClient | undefined
  private connecting: Promise<void> | null = null
  private cause: unknown
  private closed = false
  private waiting = 0
  private silentLooks = 0

  constructor(options: ConnectOptions) {
    this.#options = options
  }

  /** Resolves once there is a connection; rejects where waiting does not help (no driver, wrong password). Tries go on in any case. */
  async open(): Promise<void> {
    this.assertOpen()
    this.createClient ??= await loadDriver()
    if (this.#client !== null) return
    const refused = new Promise<never>((_, reject) => {
      this.onRefusal = reject
    })
    await Promise.race([this.keepTrying(), refused])
    this.assertOpen()
  }

  evalSha(sha: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.send(['EVALSHA', sha, String(keys.length), ...keys, ...args])
  }

  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.send(['EVAL', script, String(keys.length), ...keys, ...args])
  }

  load(script: string): Promise<unknown> {
    return this.send(['SCRIPT', 'LOAD', script])
  }

  async subscribe(channel: string, heard: (message: string) => void, lost: () => void): Promise<Subscription> {
    this.assertOpen()
    this.createClient ??= await loadDriver()
    return subscribeOn(await this.connectOnce(), channel, heard, lost, true)
  }

  /** Lets commands under way finish, within reason. */
  async close(): Promise<void> {
    this.closed = true
    clearInterval(this.#watch)
    const client = this.#client
    this.#client = null
    if (client === null) return
    await Promise.race([client.close().catch(() => {}), delay(ATTEMPT_MS, undefined, { ref: false })])
    end(client)
  }

  private assertOpen(): void {
    if (this.closed) throw new SessionStoreError('connect', 'failed: the store was closed', { unknown: false })
  }

  private onRefusal: (error: unknown) => void = () => {}

  private async send(args: readonly string[]): Promise<unknown> {
    const client = this.#client
    if (client === null) throw new NotConnectedError({ cause: this.cause })
    this.waiting++
    try {
      return await client.sendCommand(args)
    } catch (error) {
      // The server became a replica: whoever is master now may be reached under the same name. Or the client closed itself.
      if (isReadOnly(error) || isNotSent(error)) this.replace(client, error)
      throw error
    } finally {
      this.waiting--
      this.silentLooks = 0
    }
  }

  private keepTrying(): Promise<void> {
    this.connecting ??= this.tryUntilConnected()
    return this.connecting
  }

  private async tryUntilConnected(): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; !this.closed; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return this.use(await this.connectOnce())
      } catch (error) {
        this.cause = error
        const refusal = refusalToConnect(error)
        if (refusal !== null) this.onRefusal(refusal)
        await delay(refusal === null ? pause : REFUSED_PAUSE_MS)
      }
    }
  }

  private async connectOnce(): Promise<OwnClient> {
    const client = (this.createClient as CreateClient)(await clientOptions(this.#options))
    client.on('error', (error) => this.replace(client, error))
    const giveUp = new AbortController()
    const tooLong = delay(attemptMs(this.#options), undefined, giveUp).then(() => {
      throw new NotConnectedError()
    })
    tooLong.catch(() => {})
    try {
      await Promise.race([client.connect(), tooLong])
      return client
    } catch (error) {
      end(client)
      throw error
    } finally {
      giveUp.abort()
    }
  }

  private use(client: OwnClient): void {
    if (this.closed) return end(client)
    this.connecting = null
    this.#client = client
    this.#watch ??= setInterval(() => this.look(), LOOK_MS).unref()
  }

  private look(): void {
    if (this.#client === null || this.waiting === 0) this.silentLooks = 0
    else if (this.silentLooks++ >= SILENT_LOOKS) this.replace(this.#client, new NotConnectedError())
  }

  /** Commands under way fail; new ones are refused until there is a connection again. */
  private replace(client: OwnClient, cause: unknown): void {
    if (client !== this.#client) return
    this.#client = null
    this.cause = cause
    end(client)
    if (!this.closed) this.keepTrying().catch(() => {})
  }
}

/** What waiting does not change; `null` for a server that is away. */
function refusalToConnect(cause: unknown): SessionStoreError | null {
  if (cause instanceof SessionStoreError) return cause
  const refusal = refusalOf(cause)
  return refusal === undefined ? null : new SessionStoreError('connect', `was refused: ${refusal}`, { cause, unknown: false })
}

function attemptMs({ createClient }: ConnectOptions): number {
  const { connectTimeout } = createClient.socket
  return typeof connectTimeout === 'number' ? connectTimeout + ATTEMPT_MS - CONNECT_MS : ATTEMPT_MS
}

async function clientOptions({ createClient, passwordFile, username }: ConnectOptions): Promise<Record<string, unknown>> {
  const password = passwordFile === undefined ? {} : { password: await readPassword(passwordFile), username }
  return {
    // No notices of maintenance, no timer per command: deadlines are kept above.
    maintNotifications: 'disabled',
    commandOptions: { timeout: undefined },
    RESP: 2,
    ...createClient,
    ...password,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_MS, ...createClient.socket, reconnectStrategy: false },
  }
}

async function readPassword(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trimEnd()
  } catch (cause) {
    throw new SessionStoreError('connect', 'failed: server.passwordFile cannot be read', { cause, unknown: false })
  }
}

async function loadDriver(): Promise<CreateClient> {
  const { createClient } = (await importDriver('redis')) as { createClient: CreateClient }
  return createClient
}

/** A client that is closed already says so by throwing. */
function end(client: OwnClient): void {
  try {
    client.destroy()
  } catch {
    // It is what was wanted.
  }
}
