// Servers that die, return, fall silent or break a connection; several of them.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { type MemcacheStore, type MemcacheStoreServerOptions, memcacheStore } from '../../stores/memcache.js'
import { type MemcachedServer, startMemcached } from '../servers/memcached.js'
import { startProxy, type Proxy as TcpProxy } from '../servers/proxy.js'
import { freePort, HOST } from '../servers/server-process.js'
import { loadedValues, record } from './memcache-kit.js'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function open(options: MemcacheStoreServerOptions): MemcacheStore {
  const store = memcacheStore(options)
  closing.push(() => store.close())
  return store
}

async function serve(): Promise<MemcachedServer> {
  const server = await startMemcached()
  closing.push(() => server.stop())
  return server
}

async function behindProxy(): Promise<{ server: MemcachedServer; proxy: TcpProxy; store: MemcacheStore }> {
  const server = await serve()
  const proxy = await startProxy(server)
  closing.push(() => proxy.close())
  return { server, proxy, store: open({ servers: [`${HOST}:${proxy.port}`] }) }
}

/** Within so many milliseconds; the error that it rejects with. */
async function failure(call: Promise<unknown>, withinMs: number): Promise<Error> {
  const before = performance.now()
  const error = await call.then(
    () => new Error('it did not fail'),
    (reason) => reason,
  )
  expect(performance.now() - before).toBeLessThan(withinMs)
  expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.not.stringMatching(/127\.0\.0\.1|\d{4}/) })
  return error
}

describe('one server', () => {
  test('that is not there is waited for by ready(), while calls fail at once and have certainly not taken effect', async () => {
    const port = await freePort()
    const store = open({ servers: [`${HOST}:${port}`] })
    const ready = store.ready()
    expect(await failure(store.create(record()), 300)).toMatchObject({ unknown: false, operation: 'create' })
    const server = await startMemcached({ port })
    closing.push(() => server.stop())
    await ready
    const { token } = await store.create(record({}, { a: '1' }))
    expect(await loadedValues(store, token)).toEqual({ a: '1' })
  })

  test('that restarts has forgotten its sessions, which is no error, and takes new ones at once', async () => {
    const server = await serve()
    const store = open({ servers: [server.address] })
    const { token } = await store.create(record())
    await server.restart()
    expect(await store.load(token, { slide: true })).toBeNull()
    expect(await store.update(token, { set: { a: '1' } })).toEqual({ outcome: 'gone' })
    expect(await store.destroy(token)).toBe(false)
    const next = await store.create(record({}, { b: '2' }))
    expect(await loadedValues(store, next.token)).toEqual({ b: '2' })
  })

  test('that dies with calls under way fails them at once', async () => {
    const server = await serve()
    const store = open({ servers: [server.address] })
    const { token } = await store.create(record())
    await server.pause()
    const calls = [store.load(token, { slide: true }), store.update(token, { set: { a: '1' } })]
    const settled = Promise.allSettled(calls)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await server.kill()
    for (const call of calls) await failure(call, 300)
    await settled
  })

  test('that falls silent fails calls in bounded time however many come after, and answers again once it is back', async () => {
    const server = await serve()
    const store = open({ servers: [server.address] })
    const { token } = await store.create(record({}, { a: '1' }))
    await server.pause()
    const more = setInterval(() => store.load(token, { slide: false }).catch(() => {}), 50)
    await failure(store.load(token, { slide: false }), 2000)
    clearInterval(more)
    server.resume()
    expect(await loadedValues(store, token)).toEqual({ a: '1' })
  })

  test('that accepts and never answers fails calls in bounded time, and is forgotten once it forwards again', async () => {
    const { proxy, store } = await behindProxy()
    const { token } = await store.create(record({}, { a: '1' }))
    proxy.halfOpen()
    await failure(store.load(token, { slide: false }), 2000)
    proxy.forward()
    expect(await loadedValues(store, token)).toEqual({ a: '1' })
  })
})

describe('a connection that breaks in the middle of a reply', () => {
  test('costs no read', async () => {
    const { proxy, store } = await behindProxy()
    const { token } = await store.create(record({}, { a: '1' }))
    proxy.resetNextReply(30)
    expect(await loadedValues(store, token)).toEqual({ a: '1' })
    expect(await loadedValues(store, token)).toEqual({ a: '1' })
  })

  test('costs no sign-in and no new session that took effect: the proof tells', async () => {
    const { proxy, store } = await behindProxy()
    const { token: warm } = await store.create(record())
    proxy.resetNextReply(3)
    const { token } = await store.create(record({}, { a: '1' }))
    expect(await loadedValues(store, token)).toEqual({ a: '1' })
    // The reading before the write gets its reply; the write does not.
    proxy.holdReplies()
    const rotating = store.rotate(token, { set: { b: '2' } })
    await proxy.replyHeld()
    proxy.releaseReplies()
    proxy.resetNextReply(3)
    const rotated = await rotating
    expect(await loadedValues(store, rotated?.token ?? '')).toEqual({ a: '1', b: '2' })
    expect(await store.load(token, { slide: false })).toBe('reused')
    expect(await loadedValues(store, warm)).toEqual({})
  })

  test('makes an update unknown: it is not sent a second time', async () => {
    const { proxy, store } = await behindProxy()
    const { token } = await store.create(record())
    proxy.holdReplies()
    const updating = store.update(token, { set: { a: '1' } })
    updating.catch(() => {})
    await proxy.replyHeld()
    proxy.releaseReplies()
    proxy.resetNextReply(3)
    expect(await failure(updating, 300)).toMatchObject({ unknown: true, operation: 'update' })
    expect(await loadedValues(store, token)).toEqual({ a: '1' })
  })
})

describe('two servers, one of which dies and returns', () => {
  test('its sessions err and are then gone, the others stay, new ones are made, and nobody sees what is another’s', async () => {
    const [first, second] = [await serve(), await serve()]
    const store = open({ servers: [first.address, second.address] })
    await store.ready()
    const made = await Promise.all(Array.from({ length: 40 }, (_, n) => store.create(record({}, { n: String(n) }))))
    const outcomes = () =>
      Promise.all(
        made.map(({ token }) =>
          loadedValues(store, token)
            .then((values) => JSON.stringify(values))
            .catch(() => 'failed'),
        ),
      )
    const all = made.map((_, n) => `{"n":"${n}"}`)
    expect(await outcomes()).toEqual(all)

    await second.kill()
    const without = await outcomes()
    const lost = without.flatMap((outcome, n) => (outcome === 'failed' ? [n] : []))
    expect(lost.length).toBeGreaterThan(5)
    expect(lost.length).toBeLessThan(35)
    expect(without).toEqual(all.map((own, n) => (lost.includes(n) ? 'failed' : own)))
    const fresh = await Promise.all(Array.from({ length: 20 }, (_, n) => store.create(record({}, { fresh: String(n) }))))
    await store.ready()

    await second.restart()
    expect(await outcomes()).toEqual(all.map((own, n) => (lost.includes(n) ? 'null' : own)))
    for (const [n, { token }] of fresh.entries()) expect(await loadedValues(store, token)).toEqual({ fresh: String(n) })
  })
})

describe('printing', () => {
  const prints = ['log', 'info', 'warn', 'error'] as const
  let spies: ReturnType<typeof jest.spyOn>[]

  beforeEach(() => {
    spies = prints.map((name) => jest.spyOn(console, name).mockImplementation(() => {}))
  })

  afterEach(() => {
    for (const spy of spies) spy.mockRestore()
  })

  test('memjs prints nothing when a server fails', async () => {
    const server = await serve()
    const store = open({ servers: [server.address] })
    const { token } = await store.create(record())
    await server.kill()
    await failure(store.load(token, { slide: true }), 300)
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })
})

test('close ends its connections, lets what is under way finish, and refuses what comes after', async () => {
  const { proxy, store } = await behindProxy()
  await store.ready()
  const last = store.create(record())
  await Promise.all([last, store.close()])
  await failure(store.create(record()), 300)
  while (proxy.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})
