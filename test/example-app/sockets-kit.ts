// Live connections to the running chat, each with the cookies of a visitor.
import { randomUUID } from 'node:crypto'
import { io, type Socket } from 'socket.io-client'
import type { Message } from '../../example-app/database/index.js'
import type { Visitor } from './support.js'

export interface Welcome {
  readonly me: { readonly id: number; readonly name: string }
  readonly missed: readonly Message[]
  readonly more: boolean
}

export interface Reply {
  readonly ok: boolean
  readonly status?: number
  readonly code?: string
  readonly message?: Message | string
}

export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

export interface ConnectOptions {
  readonly after?: number | null
  readonly seen?: readonly number[]
  /** Default: as a page of the chat; `null`: none. */
  readonly origin?: string | null
  readonly url?: string
}

const open: Set<Live> = new Set()

/** For `afterEach`: hangs up whatever is still open. */
export function hangUp(): void {
  for (const live of open) live.socket.disconnect()
  open.clear()
}

/** Connects, and waits for the welcome and what follows it. */
export async function connect(visitor: Visitor, options: ConnectOptions = {}): Promise<Live> {
  const live = new Live(visitor.cookie, { url: visitor.url, ...options })
  const failed = Promise.race([live.heard('refused'), live.heard('bye'), live.heard('disconnect')]).then(async (why) => {
    throw new Error(`no connection for ${visitor.name}: ${JSON.stringify(why)}`)
  })
  await Promise.race([live.heard('people'), failed])
  failed.catch(() => {})
  return live
}

/** Connects, and expects that it may not. */
export function refused(visitor: Visitor, options: ConnectOptions & { readonly auth?: object } = {}): Promise<Refusal> {
  return new Live(visitor.cookie, { url: visitor.url, ...options }).heard<Refusal>('refused')
}

/** What a browser does with a socket, but for connecting again by itself. */
export class Live {
  readonly socket: Socket
  /** All that came, in its order. */
  readonly log: { readonly event: string; readonly content: unknown; readonly at: number }[] = []
  #waiting: (() => void)[] = []

  constructor(cookie: string, { url = '', after = null, seen, origin, auth }: ConnectOptions & { readonly auth?: object } = {}) {
    const from = origin === undefined ? url : origin
    const extraHeaders = { ...(cookie !== '' && { cookie }), ...(from !== null && { origin: from }) }
    this.socket = io(url, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth: auth ?? { after, ...(seen && { seen }) },
      extraHeaders,
    })
    this.socket.onAny((event: string, content: unknown) => this.#note(event, content))
    this.socket.on('connect_error', (error: Error & { data?: unknown }) => this.#note('refused', error.data ?? error.message))
    this.socket.on('disconnect', (reason) => this.#note('disconnect', reason))
    open.add(this)
  }

  /** The first event of this name, come already or to come, whose content is as wanted. */
  async heard<T = unknown>(event: string, wanted: (content: T) => boolean = () => true): Promise<T> {
    for (;;) {
      const found = this.log.find((entry) => entry.event === event && wanted(entry.content as T))
      if (found !== undefined) return found.content as T
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  message(text: string): Promise<Message> {
    return this.heard<Message>('message', (message) => message.text === text)
  }

  get texts(): string[] {
    return this.log.filter(({ event }) => event === 'message').map(({ content }) => (content as Message).text)
  }

  /** Rejects if the connection breaks before the answer comes. */
  async ask(event: string, ...content: unknown[]): Promise<Reply> {
    const broken = this.heard('disconnect').then(() => Promise.reject(new Error('the connection broke before the answer came')))
    return Promise.race([new Promise<Reply>((resolve) => this.socket.emit(event, ...content, resolve)), broken])
  }

  send(text: string, to: number | null = null, clientId: string = randomUUID()): Promise<Reply> {
    return this.ask('send', { clientId, to, text })
  }

  #note(event: string, content: unknown): void {
    this.log.push({ event, content, at: performance.now() })
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** Posts a message as the form does. */
export function post(visitor: Visitor, text: string, to: number | '' = '', clientId: string = randomUUID()): ReturnType<Visitor['form']> {
  return visitor.form('/sendComment', { text, to: String(to), clientId })
}
