// The store on a real Redis Cluster: nothing needs two slots at once, and a master that dies takes only its slots along, for a while.
import { afterAll, describe, expect, test } from '@jest/globals'
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { createCluster as createCluster5 } from 'redis5'
import { USER_INDEX } from '../../lib/store.js'
import { type RedisClient, redisStore } from '../../stores/redis.js'
import { describeStoreContract } from '../../testing/store-contract.js'
import { startRedisCluster } from '../servers/redis-cluster.js'
import { record, until } from './redis-kit.js'

const timing = { runner: { describe, test: test.concurrent }, granularityMs: 60 }
const cluster = startRedisCluster()
const timersBefore = timers()
const closes: (() => Promise<unknown>)[] = []

const CLIENTS: Readonly<Record<string, () => Promise<RedisClient>>> = {
  'redis 6': async () => {
    const client = createCluster(await nodeRedisOptions())
    closes.push(async () => client.destroy())
    return client.connect()
  },
  'redis 5': async () => {
    const client = createCluster5(await nodeRedisOptions())
    closes.push(async () => client.destroy())
    return client.connect()
  },
  ioredis: async () => {
    const client = new Cluster((await cluster).nodes.map(({ host, port }) => ({ host, port })))
    closes.push(async () => client.disconnect())
    return client
  },
}

afterAll(async () => {
  for (const close of closes) await close()
  await (await cluster).stop()
  // The drivers leave timers of their pauses between tries behind, for which Jest would not wait.
  await until('the pauses are over', () => timers() <= timersBefore, 1500).catch(() => {})
})

let stores = 0

for (const [driver, connect] of Object.entries(CLIENTS)) {
  const client = connect()
  describeStoreContract(`redis cluster with a client of ${driver}`, {
    open: async () => {
      const store = redisStore({ client: await client })
      await store.ready()
      return store
    },
    openAlone: async () => {
      const store = redisStore({ client: await client, ns: `alone-${stores++}:` })
      await store.ready()
      return store
    },
    close: (store) => store.close?.(),
    ...timing,
  })
}

test('F-12: when a master dies only its sessions err, until its replica takes over; then they are all there', async () => {
  const { nodes, replicated } = await cluster
  const stores = await Promise.all(Object.values(CLIENTS).map(async (connect) => redisStore({ client: await connect() })))
  const sessions = await Promise.all(
    Array.from({ length: 30 }, (_, n) => stores[0]?.create(record({ indexes: { [USER_INDEX]: `u${n}` } }))),
  )
  await replicated()
  const outcomes = () =>
    Promise.all(
      stores.map((store) => Promise.all(sessions.map((session) => within(300, store.load(session?.token ?? '', { slide: true }))))),
    )
  expect((await outcomes()).flat().filter((each) => each !== 'found')).toEqual([])
  await nodes[0]?.kill()
  const during = await outcomes()
  for (const each of during) {
    expect(each.filter((outcome) => outcome === 'found').length).toBeGreaterThan(10)
    expect(each.filter((outcome) => outcome === 'error').length).toBeGreaterThan(0)
    expect(each).not.toContain('none')
  }
  await until('all are found', async () => (await outcomes()).flat().every((each) => each === 'found'), 10_000)
  for (const store of stores) await store.close()
}, 30_000)

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
}

async function nodeRedisOptions() {
  const rootNodes = (await cluster).nodes.map(({ url }) => ({ url }))
  return { rootNodes, defaults: { socket: { reconnectStrategy: (tries: number) => Math.min(50 * tries, 500) } } }
}

async function within(ms: number, work: unknown): Promise<'found' | 'none' | 'error'> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('late')), ms).unref()
  })
  try {
    return (await Promise.race([work, late])) === null ? 'none' : 'found'
  } catch {
    return 'error'
  }
}
