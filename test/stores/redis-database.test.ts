// What stands in Redis, for how long, and how many commands it takes.
import crypto from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import { type SessionTerms, USER_INDEX } from '../../lib/store.js'
import { parseToken } from '../../lib/token.js'
import { type RedisStore, redisStore } from '../../stores/redis.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { type Inspector, inspector, record, until } from './redis-kit.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

let server: RedisServer
let redis: Inspector
let store: RedisStore

beforeAll(async () => {
  server = await startRedis()
  redis = await inspector(server.url)
})

beforeEach(async () => {
  await redis.flushAll()
  store = redisStore({ url: server.url })
  await store.ready()
})

afterEach(() => store.close())

afterAll(async () => {
  redis.destroy()
  await server.stop()
})

test('after all sessions have expired the database is empty, whichever clock ended them', async () => {
  const ends: Partial<SessionTerms>[] = [
    { idleMs: 200 },
    { idleMs: HOUR_MS, lifetimeMs: 200 },
    { idleMs: 200, lifetimeMs: null },
    { idleMs: 200, lifetimeMs: 300 },
  ]
  for (const [n, terms] of ends.entries()) {
    const made = await store.create(record({ ...terms, indexes: { [USER_INDEX]: 'ann', room: `r${n}` } }, { a: '1' }))
    await store.load(made.token, { slide: true })
    await store.rotate(made.token, { indexes: { room: 'lobby' } })
  }
  expect(await redis.dbSize()).toBeGreaterThan(ends.length)
  await until('the database is empty', async () => (await redis.dbSize()) === 0, 1000)
})

test('sessions that are signed out leave nothing, in the index neither', async () => {
  const made = [await newSession({ [USER_INDEX]: 'ann' }), await newSession({ [USER_INDEX]: 'ann', workerId: 'w' })]
  await store.destroy(made[0]?.token ?? '')
  await store.index.endBy('workerId', 'w')
  await until('the database is empty', async () => (await redis.dbSize()) === 0)
})

test('every key has a TTL, after every operation', async () => {
  const { token } = await newSession({ [USER_INDEX]: 'ann', room: 'r1' })
  await store.update(token, { set: { a: '2' }, indexes: { room: 'r2', workerId: 'w' }, terms: { lifetimeMs: null } })
  const rotated = await store.rotate(token, { indexes: { [USER_INDEX]: 'bob' } })
  await store.update(rotated?.token ?? '', { clear: { keep: [] }, set: { b: '1' } })
  await store.index.reassign('workerId', 'w', 'v', '"v"')
  await store.update(token, { indexes: { room: 'of a writer that comes too late' } })
  await store.close()
  for (const key of await redis.keys('*')) expect([key, (await redis.pTTL(key)) > 0]).toEqual([key, true])
})

test('a set of the index lives as long as its longest session, and little longer', async () => {
  await newSession({ [USER_INDEX]: 'ann' }, { idleMs: DAY_MS, lifetimeMs: 2 * HOUR_MS })
  const long = await newSession({ [USER_INDEX]: 'ann' }, { idleMs: 8 * HOUR_MS, lifetimeMs: null })
  const key = 'sess:i:userId:ann'
  expect(await redis.pTTL(key)).toBeGreaterThan(8 * HOUR_MS)
  expect(await redis.pTTL(key)).toBeLessThanOrEqual(10 * HOUR_MS)
  await store.destroy(long.token)
  await until('the TTL is that of the session left', async () => (await redis.pTTL(key)) <= 2 * HOUR_MS)
})

test('a read takes one command, sliding or not, found or not', async () => {
  const { token } = await newSession({ [USER_INDEX]: 'ann' })
  const rotated = await store.rotate(token, {})
  await store.close()
  store = redisStore({ url: server.url })
  await store.ready()
  for (const slide of [true, false]) {
    for (const each of [rotated?.token ?? '', token, `${'A'.repeat(22)}.${'B'.repeat(43)}`]) {
      expect(await commandsOf(() => store.load(each, { slide }))).toBe(1)
    }
  }
  expect(await commandsOf(() => store.load('no token', { slide: true }))).toBe(0)
})

test('a write that moves no index takes one command, and so does the first after a change of scripts is known', async () => {
  const { token } = await newSession()
  expect(await commandsOf(() => store.update(token, { expect: { a: '1' }, set: { a: '2' }, unset: ['b'] }))).toBe(1)
  expect(await commandsOf(() => store.destroy(token))).toBe(1)
})

test('T-69: a dump holds no verifier, and nothing in it works as a cookie', async () => {
  const made = await newSession({ [USER_INDEX]: 'ann' })
  const rotated = await store.rotate(made.token, { set: { b: '2' } })
  const dump = await dumpOf()
  expect(dump).toContain(made.handle)
  for (const token of [made.token, rotated?.token ?? '']) expect(dump).not.toContain(parseToken(token)?.verifier)
  for (const text of dump.match(/[\w-]{43}/g) ?? []) expect(await store.load(`${made.handle}.${text}`, { slide: true })).toBe('reused')
})

test('the store shows no password and no connection to an inspector', async () => {
  const secretive = redisStore({ server: { host: '127.0.0.1', port: server.port, opts: { name: 'x' } } })
  await secretive.ready()
  expect(JSON.stringify(secretive)).not.toContain('function')
  await secretive.close()
})

test('keys stand under the namespace, wherever it is named', async () => {
  for (const options of [{ ns: 'app:' }, { server: { port: server.port, ns: 'app:' } }]) {
    await redis.flushAll()
    const named = redisStore({ ...(!('server' in options) && { url: server.url }), ...options })
    await named.ready()
    await named.create(record({ indexes: { [USER_INDEX]: 'ann' } }))
    await named.close()
    expect((await redis.keys('*')).filter((key) => !key.startsWith('app:'))).toEqual([])
  }
})

test('stores of different namespaces do not see each other', async () => {
  const other = redisStore({ url: server.url, ns: 'other:' })
  await other.ready()
  const { token, handle } = await newSession({ [USER_INDEX]: 'ann' })
  expect(await other.load(token, { slide: true })).toBeNull()
  expect(await other.index.end(handle)).toBe(false)
  expect(await other.index.count(USER_INDEX, 'ann')).toBe(0)
  await other.close()
})

test('when the absolute clock caps the TTL, seenAt is the last load that slid all the same', async () => {
  const { token, facts } = await newSession({}, { idleMs: HOUR_MS, lifetimeMs: HOUR_MS })
  await new Promise((resolve) => setTimeout(resolve, 20))
  const slid = await store.load(token, { slide: true })
  const later = await store.load(token, { slide: false })
  if (typeof slid !== 'object' || typeof later !== 'object') throw new Error('not found')
  expect(slid?.facts.seenAt).toBeGreaterThan(facts.seenAt)
  expect(later?.facts.seenAt).toBe(slid?.facts.seenAt)
  expect(later?.facts.startedAt).toBe(facts.startedAt)
})

test('F-17: a set that Redis evicted is there again once the session is used', async () => {
  const { token, handle } = await newSession({ [USER_INDEX]: 'ann' }, { idleMs: 800 })
  await redis.del('sess:i:userId:ann')
  await new Promise((resolve) => setTimeout(resolve, 120))
  await store.load(token, { slide: true })
  await until('it is listed', async () => (await store.index.list(USER_INDEX, 'ann'))[0]?.handle === handle)
})

test('F-17: a session that Redis evicted leaves its set when that is read', async () => {
  const { handle } = await newSession({ [USER_INDEX]: 'ann' })
  const kept = await newSession({ [USER_INDEX]: 'ann' })
  await redis.del(`sess:${handle}`)
  expect(await store.index.list(USER_INDEX, 'ann')).toMatchObject([{ handle: kept.handle }])
  await until('the ghost is gone', async () => (await redis.zCard('sess:i:userId:ann')) === 1)
})

test('a session that moved back while its entry was taken away stays listed', async () => {
  const { token, handle } = await newSession({ room: 'a' })
  for (let turn = 0; turn < 20; turn++) {
    await Promise.all(['b', 'a'].map((room) => store.update(token, { indexes: { room } })))
    await Promise.all([store.index.count('room', 'a'), store.index.list('room', 'b')])
  }
  const loaded = await store.load(token, { slide: false })
  const room = typeof loaded === 'object' ? (loaded?.facts.indexes['room'] ?? '') : ''
  await store.close()
  expect(await redis.zRange(`sess:i:room:${room}`, 0, -1)).toEqual([handle])
})

test('no index value reaches a key that is not its own', async () => {
  const long = 'x'.repeat(10_000)
  const values = ['a:b', 'a', '*', `${long}1`, `${long}2`, '{tag}', 'ä', '']
  for (const value of values) await newSession({ 'an:index': value, index: `an:${value}` })
  for (const value of values) expect(await store.index.count('an:index', value)).toBe(1)
  for (const key of await redis.keys('*')) expect(key.length).toBeLessThan(400)
})

test('SCRIPT FLUSH: every operation goes on', async () => {
  const flushed = async <T>(work: () => T | Promise<T>): Promise<T> => {
    await redis.scriptFlush()
    return work()
  }
  const { token, handle } = await flushed(() => newSession({ room: 'a' }))
  expect(await flushed(() => store.load(token, { slide: true }))).toMatchObject({ handle })
  expect(await flushed(() => store.update(token, { indexes: { room: 'b' } }))).toMatchObject({ outcome: 'saved' })
  const rotated = await flushed(() => store.rotate(token, {}))
  expect(await flushed(() => store.index.reassign('room', 'b', 'c', '"c"'))).toBe(1)
  expect(await flushed(() => store.index.list('room', 'c'))).toHaveLength(1)
  expect(await flushed(() => store.index.count('room', 'c'))).toBe(1)
  expect(await flushed(() => store.index.find(handle))).toMatchObject({ handle })
  expect(await flushed(() => store.destroy(rotated?.token ?? ''))).toBe(true)
})

test('T-5: a handle that exists is tried again, and its session is not touched', async () => {
  const first = await newSession({ room: 'a' })
  const used = Buffer.from(first.handle, 'base64url')
  const generator = jest.spyOn(crypto, 'randomBytes').mockImplementationOnce(() => used as never)
  const second = await newSession({ room: 'b' })
  generator.mockRestore()
  expect(second.handle).not.toBe(first.handle)
  expect((await loaded(first.token)).facts.indexes).toMatchObject({ room: 'a' })
  expect(await store.index.list('room', 'b')).toMatchObject([{ handle: second.handle }])
})

test('T-5: a generator that is stuck gives an error, and never two sessions in one record', async () => {
  const generator = jest.spyOn(crypto, 'randomBytes').mockImplementation((size: number) => Buffer.alloc(size, 7) as never)
  const first = await store.create(record({}, { owner: '"one"' }))
  await expect(store.create(record({}, { owner: '"two"' }))).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', unknown: false })
  generator.mockRestore()
  expect((await loaded(first.token)).values['owner']).toBe('"one"')
})

test('a session that leaves its value while it is reassigned is not moved, and stands under neither', async () => {
  const { handle } = await newSession({ room: 'a' })
  await redis.hSet(`sess:${handle}`, 'x:room', 'elsewhere')
  expect(await store.index.reassign('room', 'a', 'b', '"b"')).toBe(0)
  expect(await redis.hGet(`sess:${handle}`, 'x:room')).toBe('elsewhere')
  await until('no entry is left behind', async () => (await redis.exists('sess:i:room:b')) === 0)
})

test('a client that gives Buffers where texts are expected is told so', async () => {
  const client = new Redis(server.url)
  const buffered = redisStore({
    client: {
      evalsha: (sha: string, keys: number, ...args: string[]) => client.callBuffer('EVALSHA', sha, keys, ...args),
      eval: (script: string, keys: number, ...args: string[]) => client.callBuffer('EVAL', script, keys, ...args),
    },
  })
  const { token } = await buffered.create(record())
  await expect(buffered.load(token, { slide: false })).rejects.toThrow('a client that is handed in must give texts, not Buffers')
  await client.quit()
})

test('a client of redis that maps replies to Buffers is read as text all the same', async () => {
  const client = createClient({ url: server.url, commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } })
  await client.connect()
  const mapped = redisStore({ client })
  const { token, handle } = await mapped.create(record({}, { a: '1' }))
  expect(await mapped.load(token, { slide: true })).toMatchObject({ handle, values: { a: '1' } })
  await client.close()
})

test('a session of a thousand keys is created, cleared and read', async () => {
  const values = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, String(n)]))
  const { token } = await store.create(record({}, values))
  expect(Object.keys((await loaded(token)).values)).toHaveLength(5000)
  await store.update(token, {
    unset: Object.keys(values).slice(0, 2500),
    set: Object.fromEntries(Object.keys(values).map((key) => [`n${key}`, '1'])),
  })
  expect(Object.keys((await loaded(token)).values)).toHaveLength(7500)
  await store.update(token, { clear: { keep: ['k4000'] } })
  expect((await loaded(token)).values).toEqual(Object.assign(Object.create(null), { k4000: '4000' }))
})

async function newSession(indexes: Record<string, string> = {}, terms: Partial<SessionTerms> = {}) {
  return store.create(record({ indexes, ...terms }, { a: '1', b: '2' }))
}

async function loaded(token: string) {
  const found = await store.load(token, { slide: false })
  if (found === null || found === 'reused') throw new Error('not found')
  return found
}

/** Commands that Redis ran meanwhile for clients, those of scripts and of the test not counted. */
async function commandsOf(work: () => unknown): Promise<number> {
  const before = await commandsSoFar()
  await work()
  return (await commandsSoFar()) - before
}

async function commandsSoFar(): Promise<number> {
  const calls = [...(await redis.info('commandstats')).matchAll(/^cmdstat_(\w+):calls=(\d+).*$/gm)]
  const ofClients = calls.filter(([, name]) => /^(eval|evalsha|script|ping|get|set|multi|hello|client)/.test(name ?? ''))
  return ofClients.reduce((sum, [, , count]) => sum + Number(count), 0)
}

/** Every key with all that it holds. */
async function dumpOf(): Promise<string> {
  const texts = (await redis.keys('*')).map(async (key) => {
    const type = await redis.type(key)
    return key + JSON.stringify(type === 'hash' ? await redis.hGetAll(key) : await redis.zRange(key, 0, -1))
  })
  return (await Promise.all(texts)).join('\n')
}
