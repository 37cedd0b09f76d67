// The command line in this process, on streams that remember; and the built one in a pseudo-terminal.
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { buildSync } from 'esbuild'
import { memoryStore, session } from '../../lib/index.js'
import type { SessionRecord, SessionStore } from '../../lib/store.js'
import { run } from '../../ops/cli/run.js'
import type { Output, Terminal } from '../../ops/cli/terminal.js'
import type { MemoryStore } from '../../stores/memory.js'
import { type Clock, clockAt, SECRET, stored } from '../lib/harness.js'

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface TerminalOptions {
  /** Its width; default: no terminal at all. */
  readonly columns?: number
  /** What is typed. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly interrupted?: AbortSignal
}

export function terminalOf({ columns, input = '', env = {}, interrupted = new AbortController().signal }: TerminalOptions = {}) {
  const said = { out: '', err: '' }
  const isTTY = columns !== undefined
  const into = (name: 'out' | 'err'): Output => ({
    isTTY,
    ...(columns === undefined ? {} : { columns }),
    write: (text) => {
      said[name] += text
    },
  })
  const typed = Object.assign(new PassThrough(), { isTTY })
  typed.end(input)
  const terminal: Terminal = { out: into('out'), err: into('err'), input: typed, env, interrupted, version: '1.2.3' }
  return { terminal, said }
}

/** A command line over this store. */
export async function onStore(store: SessionStore, args: readonly string[], options: TerminalOptions = {}): Promise<Said> {
  const { terminal, said } = terminalOf({ ...options, env: { SESSION_STORE: 'redis', ...options.env } })
  const code = await run(args, terminal, () => session({ secret: SECRET, store }))
  return { code, ...said }
}

export interface CliInMemory {
  readonly clock: Clock
  readonly store: MemoryStore
  /** Stores a session and resolves to its handle. */
  open(userId: string | null, terms?: Partial<SessionRecord['terms']>): Promise<string>
  /** Runs a command line whose words have no spaces in them. */
  cli(args: string, options?: TerminalOptions): Promise<Said>
  live(handle: string): Promise<boolean>
}

/** A command line over an empty store, whose clock begins on 22 November 2026 and stands still. */
export function cliInMemory(): CliInMemory {
  const clock = clockAt(Date.UTC(2026, 10, 22))
  const store = memoryStore({ clock })
  return {
    clock,
    store,
    open: async (userId, terms = {}) => {
      const indexes: Record<string, string> = userId === null ? {} : { userId }
      return (await stored(store, { secret: 'data' }, { indexes, address: '192.0.2.7', agent: 'A browser', ...terms })).slice(0, 22)
    },
    cli: (args, options) => onStore(store, args.split(' ').filter(Boolean), options),
    live: async (handle) => (await store.index.find(handle)) !== null,
  }
}

/** What is typed, and when: once that text has appeared, or this has come. */
export type Keystrokes = readonly [after: string | Promise<unknown>, text: string]

export interface Built {
  /** Without a terminal. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Said>
  /** In a pseudo-terminal of 120 columns. */
  type(args: readonly string[], typed?: readonly Keystrokes[], env?: Readonly<Record<string, string>>): Promise<Said>
  remove(): void
}

/** Built from the sources as they are, into a folder of its own. */
export function buildCli(): Built {
  const folder = mkdtempSync(join(tmpdir(), 'steady-session-cli-'))
  const main = join(folder, 'dist', 'main.js')
  buildSync({ entryPoints: ['ops/cli/main.ts'], bundle: true, packages: 'external', platform: 'node', format: 'esm', outfile: main })
  copyFileSync('package.json', join(folder, 'package.json'))
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  const environment = (env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => {
    const { SESSION_STORE, REDIS_URL, NO_COLOR, ...others } = process.env
    return { ...others, TERM: 'xterm', ...env }
  }
  return {
    run: (args, env) =>
      new Promise((done) => {
        const child = execFile(process.execPath, [main, ...args], { env: environment(env) }, (_, out, err) =>
          done({ code: child.exitCode ?? -1, out, err }),
        )
      }),
    type: (args, typed = [], env) => {
      const words = [process.execPath, main, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`)
      // Without `exec` the shell would answer Ctrl-C.
      const command = `stty cols 120; exec ${words.join(' ')}`
      return typeInto(spawn('script', ['-qec', command, '/dev/null'], { env: { ...environment(env), SHELL: '/bin/sh' } }), typed)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A pseudo-terminal has one output. */
function typeInto(child: ChildProcessWithoutNullStreams, typed: readonly Keystrokes[]): Promise<Said> {
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk
  })
  const appeared = (text: string): Promise<void> =>
    new Promise((done) => {
      const look = (): void => {
        if (out.includes(text)) done()
      }
      look()
      child.stdout.on('data', look)
    })
  const typeAll = async (): Promise<void> => {
    for (const [after, text] of typed) {
      await (typeof after === 'string' ? appeared(after) : after)
      child.stdin.write(text)
    }
  }
  void typeAll()
  return new Promise((done) => child.on('close', (code) => done({ code: code ?? -1, out: out.replaceAll('\r\n', '\n'), err: '' })))
}
