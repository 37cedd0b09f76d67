// A TCP proxy between a store and its server, for what happens to connections: silence, delay, a reset in the middle of a reply.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { HOST } from './server-process.js'

export interface Proxy {
  readonly port: number
  /** Connections that are open now, those of the half-open kind among them. */
  readonly connections: number
  /** Resolves at the next connection. */
  connected(): Promise<void>
  /** Nothing passes in either direction, new connections wait; nothing is lost. */
  pause(): void
  resume(): void
  /** Requests wait until the gate is opened: the server has not heard of them. */
  holdRequests(): void
  /** Resolves once a request waits at the gate. */
  requestHeld(): Promise<void>
  releaseRequests(): void
  /** Replies wait until the gate is opened: latency without a clock. */
  holdReplies(): void
  /** Resolves once a reply waits at the gate: the server has done its work. */
  replyHeld(): Promise<void>
  releaseReplies(): void
  /** New connections are accepted and nobody ever answers; those that are open fall silent for ever. */
  halfOpen(): void
  /** New connections are forwarded again, and replies pass; connections that fell silent stay so. */
  forward(): void
  /** Lets that many bytes of the next reply through and resets its connection. */
  resetNextReply(afterBytes: number): void
  /** The same to every reply, on whatever connection, until `forward`. */
  resetReplies(afterBytes: number): void
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
  silent: boolean
}

/** Lets through what comes in order, or holds it. */
class Valve {
  private isShut = false
  private readonly held: (() => void)[] = []
  private readonly waiting: (() => void)[] = []

  shut(): void {
    this.isShut = true
  }

  /** Resolves once something waits. */
  holds(): Promise<void> {
    if (this.held.length > 0) return Promise.resolve()
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  open(): void {
    this.isShut = false
    for (const go of this.held.splice(0)) go()
  }

  pass(go: () => void): void {
    if (!this.isShut) return go()
    this.held.push(go)
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}

class TcpProxy implements Proxy {
  private readonly links: Set<Link> = new Set()
  private readonly server: Server
  private readonly host: string
  private targetPort: number
  private mode: 'forward' | 'half-open' = 'forward'
  private paused = false
  private readonly requests: Valve = new Valve()
  private readonly replies: Valve = new Valve()
  private cutAfter: number | null = null
  private cutsAll = false
  private awaited: (() => void)[] = []

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

  connected(): Promise<void> {
    return new Promise((resolve) => this.awaited.push(resolve))
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

  holdRequests(): void {
    this.requests.shut()
  }

  requestHeld(): Promise<void> {
    return this.requests.holds()
  }

  releaseRequests(): void {
    this.requests.open()
  }

  holdReplies(): void {
    this.replies.shut()
  }

  replyHeld(): Promise<void> {
    return this.replies.holds()
  }

  releaseReplies(): void {
    this.replies.open()
  }

  halfOpen(): void {
    this.mode = 'half-open'
    for (const link of this.links) link.silent = true
  }

  forward(): void {
    this.mode = 'forward'
    this.cutAfter = null
  }

  resetNextReply(afterBytes: number): void {
    this.cutAfter = afterBytes
    this.cutsAll = false
  }

  resetReplies(afterBytes: number): void {
    this.cutAfter = afterBytes
    this.cutsAll = true
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
    const link: Link = { client, upstream, silent: upstream === null }
    this.links.add(link)
    for (const socket of [client, upstream]) {
      socket?.setNoDelay(true)
      socket?.on('error', () => {})
      socket?.once('close', () => this.drop(link))
      if (this.paused) socket?.pause()
    }
    client.on('data', (chunk) => {
      this.requests.pass(() => {
        if (!link.silent) upstream?.write(chunk)
      })
    })
    upstream?.on('data', (chunk) => this.replies.pass(() => this.reply(link, chunk)))
    for (const resolve of this.awaited.splice(0)) resolve()
  }

  private reply(link: Link, chunk: Buffer): void {
    if (link.silent) return
    if (this.cutAfter === null) return void link.client.write(chunk)
    const part = chunk.subarray(0, this.cutAfter)
    if (!this.cutsAll) this.cutAfter = null
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
