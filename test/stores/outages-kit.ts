// A site whose store stands on a real server behind a proxy: the same bad day for every store.
import { expect } from '@jest/globals'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import type { SessionOptions } from '../../lib/index.js'
import { memcacheStore } from '../../stores/memcache.js'
import { redisStore } from '../../stores/redis.js'
import { startMemcached } from '../servers/memcached.js'
import { startProxy, type Proxy as TcpProxy } from '../servers/proxy.js'
import { startRedis } from '../servers/redis-server.js'
import { HOST, type ServerProcess } from '../servers/server-process.js'
import { type Answer, Browser } from '../support/browser.js'
import { answer, type Routes, type Site, siteOpener } from '../support/site.js'
import { Stopwatch } from '../support/stopwatch.js'
import { ask, commandCount } from './memcache-kit.js'
import { inspector } from './redis-kit.js'

export const DEADLINE_MS = 400
/** The promise is the deadline and 100 ms; the rest is for a machine that does other things, too. */
const BOUND_MS = DEADLINE_MS + 100 + 200
/** In the tests' own words; nothing that names it may reach anybody. */
export const PASSWORD = 'hunter2'

export interface Backend {
  startServer(): Promise<ServerProcess>
  /** How many reads the server has answered so far. */
  reads(server: ServerProcess): Promise<number>
  /** From now on it has no memory for anything more. */
  fill(server: ServerProcess): Promise<void>
  /** A store whose server is behind the proxy, and what closes what it does not close itself. */
  open(port: number): Promise<{ readonly store: NonNullable<SessionOptions['store']>; close(): unknown }>
}

export const BACKENDS: Readonly<Record<string, Backend>> = {
  redis: {
    startServer: () => startRedis({ config: { requirepass: PASSWORD } }),
    reads: (server) => countOf(server, 'cmdstat_evalsha'),
    fill: fillRedis,
    open: async (port) => ({ store: redisStore({ server: { port, auth: PASSWORD } }), close: () => {} }),
  },
  memcache: {
    // Without evictions, so that it can be full, and with few sizes of memory, so that it soon is.
    startServer: () => startMemcached({ args: ['-M', '-m', '2', '-n', '500', '-f', '1000'] }),
    reads: ({ port }) => commandCount(port, 'cmd_get'),
    fill: fillMemcached,
    open: async (port) => ({ store: memcacheStore({ servers: [`${HOST}:${port}`] }), close: () => {} }),
  },
  'connect-redis': {
    startServer: () => startRedis({ config: { requirepass: PASSWORD } }),
    reads: (server) => countOf(server, 'cmdstat_get'),
    fill: fillRedis,
    open: async (port) => {
      const client = createClient({ url: `redis://:${PASSWORD}@${HOST}:${port}`, socket: { reconnectStrategy: 50 } })
      client.on('error', () => {})
      await client.connect()
      return { store: new RedisStore({ client }), close: () => client.destroy() }
    },
  },
}

export interface Outage {
  readonly server: ServerProcess
  readonly proxy: TcpProxy
  readonly site: Site
  /** Signed in as 7. */
  readonly browser: Browser
}

/** Opens sites on a backend; what a test opened is closed after it. */
export function outages(afterwards: (() => unknown)[]): (backend: Backend, options?: SessionOptions) => Promise<Outage> {
  const openSite = siteOpener()
  return async (backend, options = {}) => {
    const server = await backend.startServer()
    afterwards.push(() => server.stop())
    const proxy = await startProxy(server)
    afterwards.push(() => proxy.close())
    const { store, close } = await backend.open(proxy.port)
    afterwards.push(close)
    const site = await openSite({
      framework: 'Express 5',
      options: { store, storeTimeout: `${DEADLINE_MS}ms`, ...options },
      routes: ROUTES,
    })
    await site.sessions.ready()
    const browser = new Browser(site.port)
    expect((await browser.get('/sign-in')).status).toBe(200)
    return { server, proxy, site, browser }
  }
}

async function askRedis(server: ServerProcess, ...command: string[]): Promise<string> {
  const client = await inspector(`redis://:${PASSWORD}@${HOST}:${server.port}`)
  const reply = String(await client.sendCommand(command))
  client.destroy()
  return reply
}

async function countOf(server: ServerProcess, name: string): Promise<number> {
  return Number(new RegExp(`${name}:calls=(\\d+)`).exec(await askRedis(server, 'INFO', 'commandstats'))?.[1] ?? 0)
}

async function fillRedis(server: ServerProcess): Promise<void> {
  await askRedis(server, 'CONFIG', 'SET', 'maxmemory', '1')
}

/** Of both sizes that it keeps apart. */
async function fillMemcached({ port }: ServerProcess): Promise<void> {
  const sets = [100_000, 200].flatMap((size) =>
    Array.from({ length: 4_000_000 / size }, (_, n) => `set ${size}-${n} 0 0 ${size} noreply\r\n${'x'.repeat(size)}\r\n`),
  )
  await ask(port, `${sets.join('')}mn`, /MN\r\n$/)
}

const ROUTES: Routes = {
  '/sign-in': async (request, response) => {
    await request.session.signIn(7)
    answer(response, 'in')
  },
  '/read': (request, response) => answer(response, request.session.get('userId') ?? null),
  '/degraded': (request, response) => {
    request.session.get('userId')
    answer(response, request.session.info.degraded)
  },
  '/count': async (request, response) => answer(response, await request.session.increment('count')),
}

/** A 503 in time, which clears no cookie; the error names the operation and nobody's address or password. */
export async function expectRefusal({ site, proxy, server }: Outage, asked: () => Promise<Answer>): Promise<void> {
  const watch = new Stopwatch()
  const { status, body, setCookie } = await asked()
  expect(watch.stop()).toBeLessThan(BOUND_MS)
  expect({ status, setCookie }).toEqual({ status: 503, setCookie: [] })
  const error = site.errors.at(-1) as Error
  expect(error).toMatchObject({ name: 'SessionStoreError', code: 'ERR_SESSION_STORE' })
  expect(error.message).toMatch(/^session store: (load|create|update|rotate) /)
  for (const shown of [body, error.message, error.stack])
    for (const secret of [HOST, `:${proxy.port}`, `:${server.port}`, PASSWORD]) expect(shown).not.toContain(secret)
}

/** Whatever went before, the first second is enough. */
export async function expectRecovery(asked: () => Promise<Answer>, body: string): Promise<void> {
  const watch = new Stopwatch()
  for (;;) {
    const { status, body: got } = await asked()
    if (status === 200 && got === body) break
    expect(watch.elapsed()).toBeLessThan(1000)
  }
  expect(watch.stop()).toBeLessThan(1000)
}
