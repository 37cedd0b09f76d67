// Bad days of Redis: full, restarted, demoted, cut off. Through the middleware where a visitor sees it. What happens to other stores
// too, a server that is paused or silent, is in outages.test.ts.
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { USER_INDEX } from '../../lib/store.js'
import { type RedisStore, type RedisStoreOptions, redisStore } from '../../stores/redis.js'
import { startProxy } from '../servers/proxy.js'
import { type RedisServer, type RedisServerOptions, startRedis } from '../servers/redis-server.js'
import { Browser } from '../support/browser.js'
import { answer, type Routes, siteOpener } from '../support/site.js'
import { DRIVERS, inspector, record, until } from './redis-kit.js'

const DEADLINE_MS = 300
const openSite = siteOpener()
const afterwards: (() => unknown)[] = []

afterEach(async () => {
  for (const work of afterwards.splice(0).reverse()) await work()
})

describe('maxmemory with noeviction, and full', () => {
  test('F-16: a new sign-in gets a clear 503; reading, sliding and signing out go on', async () => {
    const { server, site, browser } = await running({ config: { 'maxmemory-policy': 'noeviction' } })
    await browser.get('/sign-in')
    await fill(server)
    const refused = await new Browser(site.port).get('/sign-in')
    expect(refused.status).toBe(503)
    expect(site.errors.at(-1)).toMatchObject({
      code: 'ERR_SESSION_STORE',
      unknown: false,
      message: expect.stringMatching(/^session store: \w+ was refused: out of memory$/),
    })
    expect((await browser.get('/read')).json()).toBe(7)
    expect((await browser.get('/sign-out')).status).toBe(200)
    expect((await browser.get('/read')).json()).toBe(null)
  })

  test('a load slides, also where the absolute clock caps the TTL, and a session is ended by its handle', async () => {
    const { server, store } = await running({ config: { 'maxmemory-policy': 'noeviction' } })
    const made = await store.create(record({ idleMs: 60_000, lifetimeMs: 60_000, indexes: { [USER_INDEX]: '7' } }, { a: '1' }))
    const idle = await store.create(record({ idleMs: 400 }))
    await fill(server)
    for (let n = 0; n < 4; n++) {
      await new Promise((resolve) => setTimeout(resolve, 150))
      expect(await store.load(idle.token, { slide: true })).toMatchObject({ handle: idle.handle })
      expect(await store.load(made.token, { slide: true })).toMatchObject({ handle: made.handle })
    }
    await expect(store.update(made.token, { set: { a: '2' } })).rejects.toMatchObject({ unknown: false })
    expect(await store.update(made.token, { unset: ['a'] })).toMatchObject({ outcome: 'saved' })
    expect(await store.index.endBy(USER_INDEX, '7')).toEqual([made.handle])
  })
})

test('a script that was flushed while memory is full is refused clearly too', async () => {
  const server = await ownServer()
  const store = await ownStore({ url: server.url })
  const redis = await inspector(server.url)
  await redis.scriptFlush()
  redis.destroy()
  await fill(server)
  await expect(store.create(record())).rejects.toThrow('session store: create was refused: out of memory')
})

describe('an evicting policy', () => {
  test('is warned of at the start, once', async () => {
    const server = await ownServer({ config: { 'maxmemory-policy': 'allkeys-lru' } })
    const warnings = collectWarnings()
    const store = await ownStore({ url: server.url })
    await store.ready()
    expect(warnings).toEqual([
      [expect.stringContaining('maxmemory-policy allkeys-lru'), expect.objectContaining({ code: 'STEADY_SESSION_REDIS_EVICTS' })],
    ])
  })

  test('is not warned of where Redis keeps everything', async () => {
    const warnings = collectWarnings()
    await ownStore({ url: (await ownServer()).url })
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toEqual([])
  })
})

describe('a restart', () => {
  test('F-2: requests fail clearly while Redis is down and work within a second once it is back; nobody is crashed', async () => {
    const { server, site, browser } = await running()
    await browser.get('/sign-in')
    await server.kill()
    const down = await browser.get('/read')
    expect([down.status, down.headers['retry-after'], down.setCookie]).toEqual([503, '1', []])
    await server.restart()
    await until('a request works', async () => (await browser.get('/read')).status === 200, 1000)
    expect((await browser.get('/read')).json()).toBe(null)
    expect((await browser.get('/sign-in')).status).toBe(200)
    expect(site.errors.length).toBeGreaterThan(0)
    for (const error of site.errors) expect(String(error)).not.toContain(String(server.port))
  })

  test('a store that starts before Redis does is ready once Redis is', async () => {
    const server = await ownServer()
    await server.kill()
    const store = redisStore({ url: server.url })
    afterwards.push(() => store.close())
    const ready = store.ready()
    await server.restart()
    await ready
    await store.create(record())
  })

  for (const [driver, connect] of Object.entries(DRIVERS)) {
    test(`a client of ${driver} that was handed in finds its way back too, and its error events end no process`, async () => {
      const server = await ownServer()
      const { client, close } = await connect(server.url)
      afterwards.push(close)
      const store = redisStore({ client })
      await store.ready()
      await server.restart()
      await until('it works', async () => (await Promise.resolve(store.create(record())).catch(() => null)) !== null)
    })
  }
})

describe('a replica', () => {
  test('F-14: READONLY is an error that did nothing, and the store connects anew: to the master, if that is there now', async () => {
    const [first, second] = [await ownServer(), await ownServer()]
    const proxy = await startProxy(first)
    afterwards.push(() => proxy.close())
    const store = await ownStore({ server: { port: proxy.port } })
    const { token } = await store.create(record())
    const redis = await inspector(first.url)
    await redis.sendCommand(['REPLICAOF', '127.0.0.1', String(second.port)])
    redis.destroy()
    await expect(store.update(token, { set: { a: '1' } })).rejects.toMatchObject({
      unknown: false,
      message: 'session store: update was refused: the server is a read-only replica',
    })
    proxy.aim(second.port)
    await until('it works', async () => (await Promise.resolve(store.create(record())).catch(() => null)) !== null, 1000)
  })
})

describe('a connection', () => {
  test('F-5: a reset in the middle of a reply is an error of unknown outcome, and the next request works', async () => {
    const { proxy, site, browser } = await runningThroughProxy()
    await browser.get('/sign-in')
    for (const bytes of [0, 1, 20]) {
      // Replies come in order: after this one none is under way, of what the sign-in left to be done neither.
      await browser.get('/read')
      proxy.resetNextReply(bytes)
      expect((await browser.get('/read')).status).toBe(503)
      expect(site.errors.at(-1)).toMatchObject({ operation: 'load', unknown: true })
      await until('it works', async () => (await browser.get('/read')).body === '7', 1000)
    }
  })

  test('a reply that comes late belongs to its own request', async () => {
    const { proxy, browser } = await runningThroughProxy()
    const others = [browser.copy(), browser.copy()]
    for (const [n, each] of [browser, ...others].entries()) await each.get(`/sign-in?${n}`)
    proxy.holdReplies()
    const late = browser.get('/read')
    await proxy.replyHeld()
    expect((await late).status).toBe(503)
    proxy.releaseReplies()
    for (const each of others) expect((await each.get('/read')).json()).toBe(7)
  })

  test('without a connection a call fails at once and says that nothing was sent', async () => {
    const server = await ownServer()
    const store = await ownStore({ url: server.url })
    await server.kill()
    await until('the loss is noticed', async () => (await failure(store.create(record()))).unknown === false)
    const { ms, result } = await timed(failure(store.create(record())))
    expect([ms < 50, result.message]).toEqual([true, 'session store: create failed: there is no connection to Redis'])
  })
})

const ROUTES: Routes = {
  '/sign-in': async (request, response) => {
    await request.session.signIn(7)
    answer(response, 'in')
  },
  '/sign-out': async (request, response) => {
    await request.session.signOut()
    answer(response, 'out')
  },
  '/read': (request, response) => answer(response, request.session.get('userId') ?? null),
}

async function running(options: RedisServerOptions = {}) {
  const server = await ownServer(options)
  return { server, ...(await siteOn({ url: server.url })) }
}

async function runningThroughProxy() {
  const server = await ownServer()
  const proxy = await startProxy(server)
  afterwards.push(() => proxy.close())
  return { server, proxy, ...(await siteOn({ server: { port: proxy.port } })) }
}

async function siteOn(options: RedisStoreOptions) {
  const store = await ownStore(options)
  const site = await openSite({ framework: 'Express 5', options: { store, storeTimeout: `${DEADLINE_MS}ms` }, routes: ROUTES })
  return { store, site, browser: new Browser(site.port) }
}

async function ownServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options)
  afterwards.push(() => server.stop())
  return server
}

async function ownStore(options: RedisStoreOptions): Promise<RedisStore> {
  const store = redisStore(options)
  afterwards.push(() => store.close())
  await store.ready()
  return store
}

/** From now on every write is refused. */
async function fill(server: RedisServer): Promise<void> {
  const redis = await inspector(server.url)
  await redis.configSet('maxmemory', '1')
  redis.destroy()
}

/** The options of each warning of the Redis store. */
function collectWarnings(): unknown[] {
  const warnings: unknown[] = []
  const spy = jest.spyOn(process, 'emitWarning').mockImplementation((message: string | Error, options?: unknown) => {
    if (/Redis/.test(String(message))) warnings.push([message, options])
  })
  afterwards.push(() => spy.mockRestore())
  return warnings
}

async function timed<T>(work: Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now()
  const result = await work
  return { ms: performance.now() - start, result }
}

async function failure(work: unknown): Promise<{ unknown?: boolean; message?: string }> {
  try {
    await work
    return {}
  } catch (error) {
    return error as { unknown: boolean; message: string }
  }
}
