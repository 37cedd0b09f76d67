// So many sessions of one user and no more, where several processes sign in at the same time: each store here stands for one of them.
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Cluster, Redis } from 'ioredis'
import { type Admission, type StoredSession, USER_INDEX } from '../../lib/store.js'
import { type RedisStore, redisStore } from '../../stores/redis.js'
import { type RedisCluster, startRedisCluster } from '../servers/redis-cluster.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { type Inspector, inspector, record, until } from './redis-kit.js'

const MAX = 3
const RUNS = 25

let server: RedisServer
let cluster: RedisCluster
let redis: Inspector
let store: RedisStore
const closes: (() => unknown)[] = []
let users = 0

beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startRedisCluster()])
  redis = await inspector(server.url)
  store = await onServer()
}, 60_000)

afterAll(async () => {
  for (const close of closes) await close()
  redis.destroy()
  await Promise.all([server.stop(), cluster.stop()])
})

/** How long one that signs in pauses before each of its steps, what it is worth, and what goes wrong with it. */
const visitor = fc.record({
  pauses: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 3, maxLength: 3 }),
  priority: fc.integer({ min: -1, max: 1 }),
  leaves: fc.boolean(),
})
const visitors = fc.array(visitor, { minLength: 10, maxLength: 10 })

describe.each([
  ['one server', () => Promise.all([onServer(), onServer()])],
  ['a cluster', () => Promise.all([onCluster(), onCluster()])],
])('on %s', (_, open) => {
  test('ten who sign in at the same time in two processes end with three, always, and those are the best', async () => {
    const stores = await open()
    await fc.assert(
      fc.asyncProperty(visitors, async (plans) => {
        const user = `u${users++}`
        const made = await Promise.all(plans.map((plan, n) => visit(stores[n % 2] as RedisStore, user, plan)))
        const live = await alive(stores[0] as RedisStore, made)
        expect(live).toHaveLength(MAX)
        const priorities = (indices: readonly number[]) => indices.map((n) => plans[n]?.priority ?? 0).sort((a, b) => b - a)
        expect(priorities(live)).toEqual(priorities(plans.map((_, n) => n)).slice(0, MAX))
        expect(await stores[1]?.index.count(USER_INDEX, user)).toBe(MAX)
      }),
      { numRuns: RUNS },
    )
  }, 60_000)

  test('where some sign out meanwhile never more than three are left, and nobody goes for one that has left', async () => {
    const stores = await open()
    await fc.assert(
      fc.asyncProperty(visitors, async (plans) => {
        const user = `u${users++}`
        const made = await Promise.all(
          plans.map(async (plan, n) => {
            const session = await visit(stores[n % 2] as RedisStore, user, plan)
            if (plan.leaves) await stores[(n + 1) % 2]?.destroy(session.token)
            return session
          }),
        )
        const live = await alive(stores[0] as RedisStore, made)
        expect(live.length).toBeLessThanOrEqual(MAX)
        const next = await signIn(stores[1] as RedisStore, user, { max: MAX, priority: 0 })
        expect(next.victims.length).toBeLessThanOrEqual(Math.max(live.length + 1 - MAX, 0))
      }),
      { numRuns: RUNS },
    )
  }, 60_000)

  test('where new ones are denied, three of ten get in, and none of them is ended', async () => {
    const stores = await open()
    await fc.assert(
      fc.asyncProperty(visitors, async (plans) => {
        const user = `u${users++}`
        const got = await Promise.all(
          plans.map(async ({ pauses: [first = 0, second = 0] }, n) => {
            const process = stores[n % 2] as RedisStore
            await delay(first)
            const place = `place-${n}`
            if (!(await process.index.reserve(USER_INDEX, user, place, MAX))) return false
            await delay(second)
            const { victims } = await signIn(process, user, { max: MAX, priority: 0, place })
            expect(victims).toEqual([])
            return true
          }),
        )
        expect(got.filter(Boolean)).toHaveLength(MAX)
        expect(await stores[0]?.index.count(USER_INDEX, user)).toBe(MAX)
      }),
      { numRuns: RUNS },
    )
  }, 60_000)
})

test('sessions that a caller marked and did not end are ended by the next who lists', async () => {
  const user = `u${users++}`
  const made = [await signIn(store, user, { max: 1, priority: 0 }), await signIn(store, user, { max: 1, priority: 0 })]
  const [left, kept] = made.map(({ session }) => session)
  expect(made[1]?.victims).toEqual([left?.handle])
  expect(await store.load(left?.token ?? '', { slide: true })).not.toBeNull()
  await sinceLong(user)
  expect(await store.index.list(USER_INDEX, user)).toMatchObject([{ handle: kept?.handle }])
  await until('it is ended', async () => (await store.load(left?.token ?? '', { slide: true })) === null)
  await until('the mark is settled', async () => (await fieldsOf(user)).every((field) => !field.startsWith('m:')))
})

test('and so they are by the next who is admitted', async () => {
  const user = `u${users++}`
  const left = (await signIn(store, user, { max: 1, priority: 0 })).session
  const kept = (await signIn(store, user, { max: 1, priority: 0 })).session
  await sinceLong(user)
  expect((await signIn(store, user, { max: 2, priority: 0 })).victims).toEqual([left.handle])
  await store.index.end(left.handle)
  expect((await signIn(store, user, { max: 3, priority: 0 })).victims).toEqual([])
  expect(await store.load(kept.token, { slide: true })).not.toBeNull()
})

test('a mark that outlived its session is forgotten', async () => {
  const user = `u${users++}`
  const left = (await signIn(store, user, { max: 1, priority: 0 })).session
  await signIn(store, user, { max: 1, priority: 0 })
  await redis.del(`sess:${left.handle}`)
  await sinceLong(user)
  expect((await signIn(store, user, { max: 2, priority: 0 })).victims).toEqual([])
  expect((await fieldsOf(user)).filter((field) => field.startsWith('m:'))).toEqual([])
})

test('sessions of before there was a limit count, the longest signed in going first; a sign-in under way is none of them', async () => {
  const user = `u${users++}`
  const old = await Promise.all([1, 2, 3].map(() => store.create(record({ indexes: { [USER_INDEX]: user } }))))
  for (const [n, { handle, facts }] of old.entries()) await startedAt(handle, facts.startedAt - 60_000 + 1000 * n)
  const underWay = await store.create(record({ indexes: { [USER_INDEX]: user } }))
  expect((await signIn(store, user, { max: 2, priority: 0 })).victims.sort()).toEqual([old[0]?.handle, old[1]?.handle].sort())
  expect(await store.index.admit(USER_INDEX, user, underWay.handle, { max: 3, priority: 0 })).toEqual([])
})

test('they hold places, too, that somebody else cannot reserve', async () => {
  const user = `u${users++}`
  const old = await Promise.all([1, 2].map(() => store.create(record({ indexes: { [USER_INDEX]: user } }))))
  for (const { handle, facts } of old) await startedAt(handle, facts.startedAt - 60_000)
  expect(await store.index.reserve(USER_INDEX, user, 'a', 3)).toBe(true)
  expect(await store.index.reserve(USER_INDEX, user, 'b', 3)).toBe(false)
})

test('a reservation lasts for some seconds, and is a ghost then', async () => {
  const user = `u${users++}`
  expect(await store.index.reserve(USER_INDEX, user, 'a', 1)).toBe(true)
  expect(await redis.pTTL(`sess:a:userId:${user}`)).toBeGreaterThan(5000)
  await redis.hSet(`sess:a:userId:${user}`, 'r:a', '1')
  expect(await store.index.reserve(USER_INDEX, user, 'b', 1)).toBe(true)
})

test('a session that Redis lost makes nobody go in its stead', async () => {
  const user = `u${users++}`
  const made = [await signIn(store, user, { max: 3, priority: 0 })]
  made.push(await signIn(store, user, { max: 3, priority: 0 }), await signIn(store, user, { max: 3, priority: 0 }))
  await redis.del(`sess:${made[1]?.session.handle}`)
  expect((await signIn(store, user, { max: 3, priority: 0 })).victims).toEqual([])
  expect((await signIn(store, user, { max: 3, priority: 0 })).victims).toEqual([made[0]?.session.handle])
})

test('a sign-in with a limit takes three round trips more than without, if somebody has to go; else one', async () => {
  const { client, trips } = counting(new Redis(server.url))
  const counted = redisStore({ client })
  closes.push(() => counted.close())
  await counted.ready()
  const user = `u${users++}`
  const plain = await trips(async () => counted.create(record({ indexes: { [USER_INDEX]: 'of no limit' } })))
  for (let n = 0; n < 2; n++) expect(await trips(() => visit(counted, user, { pauses: [], priority: 0 }, 2))).toBe(plain + 1)
  expect(await trips(() => visit(counted, user, { pauses: [], priority: 0 }, 2))).toBe(plain + 3)
})

test('after all sessions have expired nothing is left of their places', async () => {
  const own = await onServer('short:')
  const [user, terms] = ['ann', { idleMs: 300, indexes: { [USER_INDEX]: 'ann' } }]
  for (let n = 0; n < 4; n++) {
    const { handle } = await own.create(record(terms))
    for (const victim of await own.index.admit(USER_INDEX, user, handle, { max: 9, priority: 0 })) await own.index.end(victim)
  }
  expect(await redis.exists('short:a:userId:ann')).toBe(1)
  await until('nothing is left', async () => (await redis.keys('short:*')).length === 0, 1500)
})

test('every key of a limit has a TTL, and one that nobody needs goes within seconds', async () => {
  const user = `u${users++}`
  const key = `sess:a:userId:${user}`
  const { session } = await signIn(store, user, { max: 1, priority: 0 })
  expect(await redis.pTTL(key)).toBeGreaterThan(3_600_000)
  const next = await signIn(store, user, { max: 1, priority: 0 })
  for (const victim of next.victims) await store.index.end(victim)
  await store.destroy(next.session.token)
  await until('only what is kept for seconds is left', async () => (await redis.pTTL(key)) <= 10_000)
  expect(session.handle).toBe(next.victims[0])
})

async function onServer(ns?: string): Promise<RedisStore> {
  const made = redisStore({ url: server.url, ...(ns !== undefined && { ns }) })
  closes.push(() => made.close())
  await made.ready()
  return made
}

async function onCluster(): Promise<RedisStore> {
  const client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })))
  closes.push(() => client.disconnect())
  const made = redisStore({ client })
  await made.ready()
  return made
}

async function signIn(process: RedisStore, user: string, admission: Admission) {
  const session = await process.create(record({ indexes: { [USER_INDEX]: user } }))
  return { session, victims: await process.index.admit(USER_INDEX, user, session.handle, admission) }
}

interface Plan {
  readonly pauses: readonly number[]
  readonly priority: number
}

/** Signs in with pauses between its steps, and ends those that have to go. */
async function visit(process: RedisStore, user: string, { pauses: [before = 0, between = 0, last = 0], priority }: Plan, max = MAX) {
  if (before > 0) await delay(before)
  const session = await process.create(record({ indexes: { [USER_INDEX]: user } }))
  if (between > 0) await delay(between)
  const victims = await process.index.admit(USER_INDEX, user, session.handle, { max, priority })
  if (last > 0) await delay(last)
  await Promise.all(victims.map((victim) => process.index.end(victim)))
  return session
}

/** Which of them still load. */
async function alive(process: RedisStore, made: readonly StoredSession[]): Promise<number[]> {
  const loaded = await Promise.all(made.map(({ token }) => process.load(token, { slide: false })))
  return [...made.keys()].filter((n) => loaded[n] !== null)
}

async function fieldsOf(user: string): Promise<string[]> {
  return redis.hKeys(`sess:a:userId:${user}`)
}

/** As if all marks were set a minute ago. */
async function sinceLong(user: string): Promise<void> {
  const key = `sess:a:userId:${user}`
  for (const [field, text] of Object.entries(await redis.hGetAll(key))) {
    const [at, ...others] = text.split(' ')
    if (field.startsWith('m:')) await redis.hSet(key, field, [Number(at) - 60_000, ...others].join(' '))
  }
}

async function startedAt(handle: string, at: number): Promise<void> {
  const [, , ...others] = ((await redis.hGet(`sess:${handle}`, 't')) ?? '').split(' ')
  await redis.hSet(`sess:${handle}`, 't', [at, at, ...others].join(' '))
}

/** How many replies were waited for one after the other: a call goes out after those that were answered before. */
function counting(redisClient: Redis) {
  closes.push(() => redisClient.quit())
  let answered = 0
  const after = async (call: Promise<unknown>): Promise<unknown> => {
    const depth = answered + 1
    try {
      return await call
    } finally {
      answered = Math.max(answered, depth)
    }
  }
  const client = {
    evalsha: (sha: string, keys: number, ...args: string[]) => after(redisClient.evalsha(sha, keys, ...args)),
    eval: (script: string, keys: number, ...args: string[]) => after(redisClient.eval(script, keys, ...args)),
    script: (_: 'LOAD', text: string) => redisClient.script('LOAD', text),
  }
  const trips = async (work: () => Promise<unknown>): Promise<number> => {
    const before = answered
    await work()
    return answered - before
  }
  return { client, trips }
}
