// A TCP proxy between a store and its server, for what happens to connections: silence, delay, a reset in the middle of a reply.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { HOST } from './server-process.js'

export interface Proxy {
  readonly port: number
  /** Connections that are open now, those of the half-open kind among them. */
  readonly connections: number
  /** Nothing passes in either direction, new connections wait; nothing is lost. */
  pause(): void
  resume(): void
  /** Replies wait until the gate is opened: latency without a clock. */
  holdReplies(): void
  /** Resolves once a reply waits at the gate: the server has done its work. */
  replyHeld(): Promise<void>
  releaseReplies(): void
  /** New connections are accepted and nobody ever answers; those that are open fall silent for ever. */
  halfOpen(): void
  /** New connections are forwarded again; those that fell silent stay so. */
  forward(): void
  /** Lets that many bytes of the next reply through and resets its connection. */
  resetNextReply(afterBytes: number): void
  /** Resets every open connection. */
  resetAll(): void
  /** New connections go to another port, as behind a name that moved. */
  aim(port: number): void
  close(): Promise<void>
}

export async function startProxy(target: { readonly host?: string; readonly port: number }): Promise<Proxy> {
  const proxy = new TcpProxy(target.host ?? HOST, target.port)
  await proxy.listen()
  return proxy
}

interface Link {
  readonly client: Socket
  /** `null`: half-open from the start. */
  readonly upstream: Socket | null
  readonly held: Buffer[]
  silent: boolean
}

class TcpProxy implements Proxy {
  private readonly links: Set<Link> = new Set()
  private readonly server: Server
  private readonly host: string
  private targetPort: number
  private mode: 'forward' | 'half-open' = 'forward'
  private paused = false
  private holding = false
  private cutAfter: number | null = null
  private waiting: (() => void)[] = []

  constructor(host: string, targetPort: number) {
    this.host = host
    this.targetPort = targetPort
    this.server = createServer((client) => this.accept(client))
  }

  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get connections(): number {
    return this.links.size
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => this.server.once('error', reject).listen(0, HOST, resolve))
  }

  pause(): void {
    this.paused = true
    for (const { client, upstream } of this.links) for (const socket of [client, upstream]) socket?.pause()
  }

  resume(): void {
    this.paused = false
    for (const { client, upstream } of this.links) for (const socket of [client, upstream]) socket?.resume()
  }

  holdReplies(): void {
    this.holding = true
  }

  replyHeld(): Promise<void> {
    if ([...this.links].some(({ held }) => held.length > 0)) return Promise.resolve()
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  releaseReplies(): void {
    this.holding = false
    for (const link of this.links) for (const chunk of link.held.splice(0)) this.reply(link, chunk)
  }

  halfOpen(): void {
    this.mode = 'half-open'
    for (const link of this.links) link.silent = true
  }

  forward(): void {
    this.mode = 'forward'
  }

  resetNextReply(afterBytes: number): void {
    this.cutAfter = afterBytes
  }

  resetAll(): void {
    for (const link of this.links) this.reset(link)
  }

  aim(port: number): void {
    this.targetPort = port
  }

  async close(): Promise<void> {
    this.resetAll()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private accept(client: Socket): void {
    const upstream = this.mode === 'half-open' ? null : connect(this.targetPort, this.host)
    const link: Link = { client, upstream, held: [], silent: upstream === null }
    this.links.add(link)
    for (const socket of [client, upstream]) {
      socket?.setNoDelay(true)
      socket?.on('error', () => {})
      socket?.once('close', () => this.drop(link))
      if (this.paused) socket?.pause()
    }
    client.on('data', (chunk) => {
      if (!link.silent) upstream?.write(chunk)
    })
    upstream?.on('data', (chunk) => this.reply(link, chunk))
  }

  private reply(link: Link, chunk: Buffer): void {
    if (link.silent) return
    if (this.holding) {
      link.held.push(chunk)
      for (const resolve of this.waiting.splice(0)) resolve()
      return
    }
    if (this.cutAfter === null) return void link.client.write(chunk)
    const part = chunk.subarray(0, this.cutAfter)
    this.cutAfter = null
    link.client.write(part, () => this.reset(link))
  }

  private reset(link: Link): void {
    link.client.resetAndDestroy()
    link.upstream?.destroy()
    this.links.delete(link)
  }

  private drop(link: Link): void {
    link.client.destroy()
    link.upstream?.destroy()
    this.links.delete(link)
  }
}
