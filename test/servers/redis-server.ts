// A Redis of its own for a test file, empty and without persistence.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ServerProcess, startServer } from './server-process.js'

export interface RedisServer extends ServerProcess {
  readonly url: string
}

export interface RedisServerOptions {
  /** Lines of redis.conf, such as `{ maxmemory: '5mb' }`. */
  readonly config?: Readonly<Record<string, string>>
  /** Default: a free one. */
  readonly port?: number
  /** Started as a sentinel, with these lines; it rewrites the file that they stand in. */
  readonly sentinel?: readonly string[]
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startServer({
    program: 'redis-server',
    args: (port, folder) => commandLine(options, port, folder),
    // A sentinel, a replica that loads and a server that wants a password answer otherwise, but they answer.
    ready: options.config?.['requirepass'] === undefined ? { ask: 'PING\r\n', answer: '+PONG' } : { ask: 'PING\r\n', answer: '-NOAUTH' },
    port: options.port,
  })
  return Object.assign(server, { url: `redis://${server.host}:${server.port}` })
}

/**
 * The server that the contract and the races run against: the one of `REDIS_URL` if that is set (compose.yaml), else one of its own.
 * What pauses, kills or fills a server takes `startRedis`.
 */
export async function anyRedis(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const url = process.env['REDIS_URL']
  return url === undefined || url === '' ? startRedis() : { url, stop: async () => {} }
}

function commandLine({ config = {}, sentinel }: RedisServerOptions, port: number, folder: string): string[] {
  const settings = { port: String(port), bind: '127.0.0.1', dir: folder, ...(sentinel === undefined && WITHOUT_FILES), ...config }
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  if (sentinel === undefined) return flags
  const file = join(folder, 'sentinel.conf')
  writeFileSync(file, `${sentinel.join('\n')}\n`)
  return [file, '--sentinel', ...flags]
}

const WITHOUT_FILES = { save: '', appendonly: 'no' }
