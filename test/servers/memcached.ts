// A memcached of its own for a test file.
import { type ServerProcess, startServer } from './server-process.js'

export interface MemcachedServer extends ServerProcess {
  /** As the option `servers` of the store takes it. */
  readonly address: string
}

export interface MemcachedOptions {
  /** More of memcached's command line, such as `['-m', '2']`. */
  readonly args?: readonly string[]
  /** Default: a free one. */
  readonly port?: number
}

export async function startMemcached({ args = [], port }: MemcachedOptions = {}): Promise<MemcachedServer> {
  const server = await startServer({
    program: 'memcached',
    args: (free) => ['-l', '127.0.0.1', '-p', String(free), '-U', '0', '-m', '64', ...asRoot(), ...args],
    ready: { ask: 'version\r\n', answer: 'VERSION' },
    port,
  })
  return Object.assign(server, { address: `${server.host}:${server.port}` })
}

/** The servers that the contract and the races run against: those of `MEMCACHED_SERVERS` if set (compose.yaml), else one of its own. */
export async function anyMemcached(): Promise<{ readonly servers: readonly string[]; stop(): Promise<void> }> {
  const given = process.env['MEMCACHED_SERVERS']
  if (given !== undefined && given !== '') return { servers: given.split(','), stop: async () => {} }
  const server = await startMemcached()
  return { servers: [server.address], stop: () => server.stop() }
}

/** It refuses to run as root unless told so. */
function asRoot(): readonly string[] {
  return process.getuid?.() === 0 ? ['-u', 'root'] : []
}
