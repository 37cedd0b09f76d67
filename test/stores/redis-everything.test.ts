// Walking over all sessions of a Redis and ending them all: with each driver, and beside keys of others.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { USER_INDEX } from '../../lib/store.js'
import { type RedisStore, redisStore } from '../../stores/redis.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { DRIVERS, type Inspector, inspector, type OpenClient, record, until } from './redis-kit.js'

let server: RedisServer
let redis: Inspector
const open: OpenClient[] = []

beforeAll(async () => {
  server = await startRedis()
  redis = await inspector(server.url)
})

beforeEach(async () => {
  await redis.flushAll()
})

afterAll(async () => {
  for (const { close } of open) await close()
  redis.destroy()
  await server.stop()
})

describe.each(Object.entries(DRIVERS))('with a client of %s', (_, connect) => {
  test('a scan meets every session and nothing else, by SCAN and never by KEYS', async () => {
    const store = await storeOf(connect)
    const handles = await sessions(store, 250)
    await redis.set('sess:AAAAAAAAAAAAAAAAAAAAAA', 'of a name that could be a handle')
    await redis.hSet('sess:BBBBBBBBBBBBBBBBBBBBBB2', 'p', 'of a longer name')
    await redis.hSet('sessXBBBBBBBBBBBBBBBBBBBBBB', 'p', 'of another namespace')
    await redis.configResetStat()
    expect((await scanned(store)).sort()).toEqual(handles.sort())
    expect(await redis.info('commandstats')).not.toMatch(/cmdstat_keys:/)
    await store.close()
  })

  test('endAll takes one command and ends what other processes hold, too; what is made in the same millisecond lives', async () => {
    const [store, other] = [await storeOf(connect), await storeOf(connect)]
    const made = await other.create(record({ indexes: { [USER_INDEX]: 'ann' } }))
    const commands = await evaluations()
    const [, next] = await Promise.all([store.index.endAll(), store.create(record({ indexes: { [USER_INDEX]: 'ann' } }))])
    expect(await evaluations()).toBeLessThanOrEqual(commands + 4)
    expect(await other.load(made.token, { slide: true })).toBeNull()
    expect(await other.load(next.token, { slide: true })).toMatchObject({ handle: next.handle })
    expect(await redis.exists(`sess:${made.handle}`)).toBe(0)
    await Promise.all([store.close(), other.close()])
  })
})

test('a namespace with characters that mean something to SCAN is taken as it is', async () => {
  for (const ns of ['a*b:', '[x]?{y}:', 'ü\\:', '-']) {
    const store = redisStore({ url: server.url, ns })
    await store.ready()
    const handles = await sessions(store, 3)
    expect((await scanned(store)).sort()).toEqual(handles.sort())
    await store.index.endAll()
    expect(await scanned(store)).toEqual([])
    await store.close()
  }
})

test('a prefix that the client puts before each key does not hide sessions from a scan', async () => {
  const { Redis } = await import('ioredis')
  const client = new Redis(server.url, { keyPrefix: 'app[1]:' })
  const store = redisStore({ client })
  const handles = await sessions(store, 3)
  expect((await scanned(store)).sort()).toEqual(handles.sort())
  await store.index.endAll()
  expect(await scanned(store)).toEqual([])
  await client.quit()
})

test('the shares of a scan add up to the whole store', async () => {
  const store = await ownStore()
  await sessions(store, 900)
  let [cursor, share, steps]: [string | null, number, number] = [null, 0, 0]
  do {
    const batch = await store.index.scan(cursor)
    share += batch.share ?? 0
    steps += 1
    cursor = batch.next
  } while (cursor !== null)
  expect(steps).toBeGreaterThan(3)
  // SCAN looks at a few keys more than it is asked for.
  expect(share).toBeGreaterThan(0.7)
  expect(share).toBeLessThan(1.3)
  await store.close()
})

test('a session that lives from the first batch to the last is met, whatever comes and goes meanwhile', async () => {
  const store = await ownStore()
  const handles = await sessions(store, 400)
  const met = new Set<string>()
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const batch = await store.index.scan(cursor)
    for (const { handle } of batch.entries) met.add(handle)
    await sessions(store, 40)
    cursor = batch.next
  }
  expect(handles.filter((handle) => !met.has(handle))).toEqual([])
  await store.close()
})

test('a cursor of a server that is another one now is refused, and so is a text that is none', async () => {
  const other = await startRedis()
  const store = redisStore({ url: other.url })
  await store.ready()
  await sessions(store, 400)
  const { next } = await store.index.scan(null)
  await other.restart()
  await until('it answers', async () => (await Promise.resolve(store.create(record())).catch(() => null)) !== null)
  await expect(store.index.scan(next)).rejects.toThrow('lost its place, since another server answers; begin anew')
  for (const text of ['', 'x', '0', '..', '.0.AA', '.-1.']) await expect(store.index.scan(text)).rejects.toThrow(/^cursor: /)
  await store.close()
  await other.stop()
})

test('what endAll ended is gone for every call, and for the index', async () => {
  const store = await ownStore()
  const { handle, token } = await store.create(record({ indexes: { [USER_INDEX]: 'ann', room: 'a' } }))
  await store.index.endAll()
  expect(await store.index.reassign('room', 'a', 'b', '"b"')).toBe(0)
  expect(await store.index.count(USER_INDEX, 'ann')).toBe(0)
  expect(await store.index.list(USER_INDEX, 'ann')).toEqual([])
  expect(await store.index.find(handle)).toBeNull()
  expect(await store.index.endIn(handle, 1000, '')).toBeNull()
  expect(await store.index.end(handle)).toBe(false)
  expect(await store.update(token, { set: { a: '1' } })).toEqual({ outcome: 'gone' })
  expect(await store.rotate(token, {})).toBeNull()
  await until('all but the epoch is gone', async () => (await redis.dbSize()) === 1)
  expect(await redis.pTTL('sess:e')).toBeGreaterThan(400 * 86_400_000)
  await store.close()
})

test('sessions that were born under an epoch outlive it, and end with the next one', async () => {
  const store = await ownStore()
  await store.index.endAll()
  const { token } = await store.create(record())
  await redis.del('sess:e')
  const later = await store.create(record())
  for (const each of [token, later.token]) expect(await store.load(each, { slide: true })).not.toBeNull()
  await store.index.endAll()
  for (const each of [token, later.token]) expect(await store.load(each, { slide: true })).toBeNull()
  await store.close()
})

test('a rotation does not carry a session over the end of all', async () => {
  const store = await ownStore()
  for (let n = 0; n < 20; n++) {
    const { token } = await store.create(record())
    const [rotated] = await Promise.all([store.rotate(token, {}), store.index.endAll()])
    expect(await store.load(rotated?.token ?? token, { slide: true })).toBeNull()
  }
  await store.close()
})

async function storeOf(connect: (url: string) => Promise<OpenClient>): Promise<RedisStore> {
  const client = await connect(server.url)
  open.push(client)
  const store = redisStore({ client: client.client })
  await store.ready()
  return store
}

async function ownStore(): Promise<RedisStore> {
  const store = redisStore({ url: server.url })
  await store.ready()
  return store
}

async function sessions(store: RedisStore, count: number): Promise<string[]> {
  const made = Array.from({ length: count }, (_, n) => store.create(record({ indexes: { [USER_INDEX]: `u${n}` } })))
  return (await Promise.all(made)).map(({ handle }) => handle)
}

async function scanned(store: RedisStore): Promise<string[]> {
  const handles = new Set<string>()
  let cursor: string | null = null
  do {
    const batch = await store.index.scan(cursor)
    for (const { handle } of batch.entries) handles.add(handle)
    cursor = batch.next
  } while (cursor !== null)
  return [...handles]
}

async function evaluations(): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1])
}
