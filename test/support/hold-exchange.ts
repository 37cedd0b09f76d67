// Runs one handler on a bare server and on one whose response is held, and shows what a client saw on the wire.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { EntryHead } from '../../lib/held-headers.js'
import type { HoldHooks } from '../../lib/hold-hooks.js'
import { holdResponse } from '../../lib/response-hold.js'

export type Handler = (req: IncomingMessage, res: ServerResponse) => void

/** The line that the held server adds. */
export const COOKIE = 'sid=held; Path=/'

/** A hold that adds the cookie and never fails, but for what the test says otherwise. */
export function hooksWith(overrides: Partial<HoldHooks> = {}): HoldHooks {
  return {
    beforeFirstByte: () => {},
    decorate: (headers) => {
      const before = headers.get('Set-Cookie') ?? []
      headers.set('Set-Cookie', [...(typeof before === 'string' ? [before] : before), COOKIE])
    },
    beforeEnd: () => {},
    onRefused: (error) => {
      throw error
    },
    onCut: (error) => {
      throw error
    },
    ...overrides,
  }
}

/** Answers in a later turn of the event loop, so that other output and input come first. */
export function later(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export const syncHooks = (): HoldHooks => hooksWith()
export const asyncHooks = (): HoldHooks => hooksWith({ beforeFirstByte: later, beforeEnd: later })

export function hold(res: ServerResponse, hooks: HoldHooks): void {
  holdResponse(res, new EntryHead(res), hooks).watchEnd()
}

export function held(handler: Handler, hooks: () => HoldHooks): Handler {
  return (req, res) => {
    hold(res, hooks())
    handler(req, res)
  }
}

/** Until `await using` leaves its block. */
export async function listening(handler: RequestListener): Promise<AsyncDisposable & { port: number; server: Server }> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { port, server, [Symbol.asyncDispose]: close }
}

export function request(options: { method?: string; headers?: string[]; close?: boolean } = {}): string {
  const { method = 'GET', headers = [], close = true } = options
  const lines = [`${method} / HTTP/1.1`, 'Host: a', ...headers, ...(close ? ['Connection: close'] : [])]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Sends the text and resolves to all bytes up to the close of the connection. */
export async function talk(port: number, text: string, onSocket: (socket: Socket) => void = () => {}): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  // A response that never ends fails its test by what is missing, not by a timeout.
  socket.setTimeout(5000, () => socket.destroy())
  onSocket(socket)
  socket.write(text)
  await new Promise((resolve) => socket.on('close', resolve))
  return Buffer.concat(chunks).toString('latin1')
}

export async function answerTo(handler: Handler, text: string = request()): Promise<string> {
  const server = await listening(handler)
  try {
    return undated(await talk(server.port, text))
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

export function undated(bytes: string): string {
  return bytes.replace(/^Date: .*$/gm, 'Date: now')
}

/** Takes our line out and tells how often it was there. */
export function withoutCookie(bytes: string): { bytes: string; cookies: number } {
  const lines = bytes.split(`Set-Cookie: ${COOKIE}\r\n`)
  return { bytes: lines.join(''), cookies: lines.length - 1 }
}

export interface PendingCommit {
  /** For `beforeFirstByte` or `beforeEnd`. */
  commit(): Promise<void>
  /** Resolves when the commit was asked for. */
  readonly asked: Promise<void>
  readonly calls: number
  succeed(): void
  fail(error: unknown): void
}

/** A commit that waits until the test lets it go on, or makes it fail. */
export function pendingCommit(): PendingCommit {
  let [succeed, ask] = [(): void => {}, (): void => {}]
  let fail: (error: unknown) => void = () => {}
  let calls = 0
  const done = new Promise<void>((resolve, reject) => {
    succeed = resolve
    fail = reject
  })
  const asked = new Promise<void>((resolve) => {
    ask = resolve
  })
  return {
    commit() {
      calls += 1
      ask()
      return done
    },
    get calls() {
      return calls
    },
    asked,
    succeed,
    fail,
  }
}

/** Several turns, in which whatever could leave has left and arrived. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await later()
}
