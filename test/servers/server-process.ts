// One server for one test file: a program on a free port of 127.0.0.1, ready when it answers, gone when its test is.
// Others follow this shape: see redis-server.ts and memcached.ts, each a few lines on top of `startServer`.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

export const HOST = '127.0.0.1'

/** Debian keeps some servers where only root's PATH leads. */
export const ENV: NodeJS.ProcessEnv = { ...process.env, PATH: `${process.env['PATH']}${delimiter}/usr/sbin` }

const READY_MS = 10_000
const PORT_ATTEMPTS = 4

/**
 * The server dies with this process, however that ends: the shell waits for the end of its standard input, which the system closes
 * even when Jest is killed with SIGKILL, and then kills the server. It also reaps it, so that a killed server is no zombie.
 */
export const GUARD = '"$@" 2>&1 </dev/null & echo "pid $!"; cat >/dev/null; kill -9 $! 2>/dev/null; wait'

export interface ServerSpec {
  readonly program: string
  readonly args: (port: number, folder: string) => readonly string[]
  /** Asked until the answer comes: what to send, and how its answer begins, or what it matches. */
  readonly ready: { readonly ask: string; readonly answer: string | RegExp }
  /** Default: a free one. */
  readonly port?: number | undefined
}

export interface ServerProcess {
  readonly host: string
  readonly port: number
  readonly folder: string
  /** SIGSTOP: connections are accepted by the kernel, and nothing answers. Resolves once the signal has taken effect. */
  pause(): Promise<void>
  /** SIGCONT. */
  resume(): void
  /** SIGKILL; resolves once the port is closed. */
  kill(): Promise<void>
  /** Kills it if it runs, and starts it again on the same port. */
  restart(): Promise<void>
  /** Kills it and removes its folder; for `afterAll`. May be called again. */
  stop(): Promise<void>
}

type Guard = ChildProcessByStdio<Writable, Readable, null>

export async function startServer(spec: ServerSpec): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), `steady-session-${spec.program}-`))
  try {
    return await startOnSomePort(spec, folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** A port that was free a moment ago may be another's by now. */
async function startOnSomePort(spec: ServerSpec, folder: string): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    const port = spec.port ?? (await freePort())
    try {
      return await RunningServer.start(spec, port, folder)
    } catch (error) {
      if (spec.port !== undefined || attempt === PORT_ATTEMPTS || isMissing(error)) throw error
    }
  }
}

/** Below the ports that the system gives to outgoing connections, of which one might take it before the server does. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) =>
      server.once('error', () => resolve(false)).listen(port, HOST, () => resolve(true)),
    )
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

class RunningServer implements ServerProcess {
  readonly host: string = HOST
  readonly port: number
  readonly folder: string
  private readonly spec: ServerSpec
  private guard: Guard | null = null
  private pid = 0

  private constructor(spec: ServerSpec, port: number, folder: string) {
    this.spec = spec
    this.port = port
    this.folder = folder
  }

  static async start(spec: ServerSpec, port: number, folder: string): Promise<ServerProcess> {
    const server = new RunningServer(spec, port, folder)
    await server.launch()
    return server
  }

  async pause(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP')
    while (!isStopped(this.pid)) await delay(1)
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  async kill(): Promise<void> {
    const { guard } = this
    if (guard === null) return
    this.guard = null
    const gone = new Promise((resolve) => guard.once('close', resolve))
    // The end of its input is what the guard waits for.
    guard.stdin.end()
    await gone
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.launch()
  }

  async stop(): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true, force: true })
  }

  private async launch(): Promise<void> {
    const { program, args, ready } = this.spec
    const guard: Guard = spawn('sh', ['-c', GUARD, 'sh', program, ...args(this.port, this.folder)], {
      env: ENV,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.guard = guard
    let output = ''
    guard.stdout.on('data', (chunk) => {
      output = (output + chunk).slice(-4000)
    })
    try {
      await untilAnswered(this.port, ready.ask, ready.answer, () => isRunning(program, output))
    } catch (error) {
      await this.kill()
      throw error
    }
    this.pid = Number(/^pid (\d+)$/m.exec(output)?.[1])
  }
}

/** Whether it was started; throws if it ended already. The guard outlives a server that could not start: its own words tell. */
function isRunning(program: string, output: string): boolean {
  // As shells say it; what a server says of its own files is another matter.
  if (
    output.includes(`${program}: not found`) ||
    output.includes(`${program}: command not found`) ||
    output.includes(`${program}: No such file`)
  ) {
    throw new Error(`${program} is not installed: run "node scripts/install-servers.mjs", which installs it or says how`)
  }
  const pid = Number(/^pid (\d+)$/m.exec(output)?.[1])
  if (Number.isNaN(pid)) return false
  try {
    return process.kill(pid, 0)
  } catch {
    throw new Error(`${program} ended at its start:\n${output}`)
  }
}

/** The state follows the name, which stands in parentheses. Where there is no /proc it is taken for granted. */
function isStopped(pid: number): boolean {
  try {
    return /\) [tT] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.message.includes('is not installed')
}

/** Asks again and again until something answers on the port as expected. */
export async function untilAnswered(
  port: number,
  ask: string,
  answer: string | RegExp,
  isRunning: () => boolean = () => true,
): Promise<void> {
  const isAnswer = (text: string): boolean => (typeof answer === 'string' ? text.startsWith(answer) : answer.test(text))
  const end = Date.now() + READY_MS
  for (;;) {
    if (isRunning() && isAnswer(await firstBytes(port, ask))) return
    if (Date.now() > end) throw new Error(`nothing answered on port ${port} within ${READY_MS} ms`)
    await delay(10)
  }
}

/** What comes first after asking; empty if nobody is there or nothing comes. */
function firstBytes(port: number, ask: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST, () => socket.write(ask))
    const finish = (text: string): void => {
      socket.destroy()
      resolve(text)
    }
    socket.setTimeout(500, () => finish(''))
    socket.once('data', (chunk) => finish(chunk.toString('latin1')))
    socket.once('error', () => finish(''))
    socket.once('close', () => finish(''))
  })
}
