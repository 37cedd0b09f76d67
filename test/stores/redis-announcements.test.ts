// What other processes are told when a session ends: each store here stands for one of them.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { Cluster, Redis } from 'ioredis'
import { createCluster, createSentinel } from 'redis'
import { createCluster as createCluster5, createSentinel as createSentinel5 } from 'redis5'
import type { StoreEvent } from '../../lib/store.js'
import { type RedisClient, type RedisStore, type RedisStoreOptions, redisStore } from '../../stores/redis.js'
import { type RedisCluster, startRedisCluster } from '../servers/redis-cluster.js'
import { MASTER_NAME, startWatchedRedis, type WatchedRedis } from '../servers/redis-sentinel.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { DRIVERS, inspector, record, until } from './redis-kit.js'

const ENDED = { handle: 'AAAAAAAAAAAAAAAAAAAAAA', userId: 'ann', reason: 'manager' }

let server: RedisServer
let cluster: RedisCluster
let watched: WatchedRedis
const afterwards: (() => unknown)[] = []

beforeAll(async () => {
  ;[server, cluster, watched] = await Promise.all([startRedis(), startRedisCluster(), startWatchedRedis()])
}, 60_000)

afterEach(async () => {
  for (const work of afterwards.splice(0).reverse()) await work()
})

afterAll(async () => {
  await Promise.all([server.stop(), cluster.stop(), watched.stop()])
})

const CLIENTS: Readonly<Record<string, () => Promise<RedisClient>>> = {
  ...Object.fromEntries(
    Object.entries(DRIVERS).map(([name, connect]) => [
      name,
      async () => {
        const { client, close } = await connect(server.url)
        afterwards.push(close)
        return client
      },
    ]),
  ),
  'ioredis with a key prefix': async () => {
    const client = new Redis(server.url, { keyPrefix: 'app:' })
    afterwards.push(() => client.quit())
    return client
  },
  'redis 6 cluster': () => nodeRedisCluster(createCluster),
  'redis 5 cluster': () => nodeRedisCluster(createCluster5 as unknown as typeof createCluster),
  'ioredis cluster': async () => {
    const client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })))
    afterwards.push(() => client.disconnect())
    return client
  },
  'redis 6 sentinel': () => nodeRedisSentinel(createSentinel),
  'redis 5 sentinel': () => nodeRedisSentinel(createSentinel5 as unknown as typeof createSentinel),
  'ioredis sentinel': async () => {
    const client = new Redis({ sentinels: addresses(), name: MASTER_NAME })
    client.on('error', () => {})
    afterwards.push(() => client.disconnect())
    return client
  },
}

describe.each(Object.entries(CLIENTS))('with a client of %s', (_, connect) => {
  test('the others hear of an end within a second, and who told of it does not', async () => {
    const [one, two] = [await listening({ client: await connect() }), await listening({ client: await connect() })]
    await one.store.subscribe()
    await two.store.subscribe()
    one.store.announce(ENDED)
    two.store.announce({ ...ENDED, userId: undefined, reason: 'signedOut' })
    await until('both hear', () => one.heard.length > 0 && two.heard.length > 0, 1000)
    expect(two.heard).toEqual([{ type: 'endedElsewhere', ...ENDED }])
    expect(one.heard).toEqual([{ type: 'endedElsewhere', handle: ENDED.handle, userId: undefined, reason: 'signedOut' }])
  })
})

test('a store that nobody listens to opens no connection for it', async () => {
  const { store } = await listening({ url: server.url })
  const redis = await observer()
  const before = (await redis.clientList()).length
  store.announce(ENDED)
  await store.create(record())
  expect((await redis.clientList()).length).toBe(before)
  await store.subscribe()
  await store.subscribe()
  expect((await redis.clientList()).length).toBe(before + 1)
  await store.close()
  await until('its connections are closed', async () => (await redis.clientList()).length === before - 1)
})

test('stores of different namespaces do not hear each other', async () => {
  const [one, two] = [await listening({ url: server.url, ns: 'a:' }), await listening({ url: server.url, ns: 'b:' })]
  for (const { store } of [one, two]) await store.subscribe()
  one.store.announce(ENDED)
  await settled()
  expect(two.heard).toEqual([])
})

test('what anybody else publishes on the channel harms nothing', async () => {
  const { store, heard } = await listening({ url: server.url })
  store.listen(() => {
    throw new Error('a listener that fails')
  })
  await store.subscribe()
  const redis = await observer()
  for (const text of ['', '{', 'null', '[]', '{}', '{"handle":1,"reason":"x"}', '{"handle":"h"}']) await redis.publish('sess:ended', text)
  await redis.publish('sess:ended', JSON.stringify({ handle: 'h', userId: 7, reason: 'x' }))
  await until('the last one is heard', () => heard.length > 0, 1000)
  expect(heard).toEqual([{ type: 'endedElsewhere', handle: 'h', userId: undefined, reason: 'x' }])
})

test('a listener is heard again once Redis is back, and is not the end of the process', async () => {
  const own = await startRedis()
  afterwards.push(() => own.stop())
  const clients = Object.values(DRIVERS).map(async (connect) => {
    const { client, close } = await connect(own.url)
    afterwards.push(close)
    return listening({ client })
  })
  const stores = [...(await Promise.all(clients)), await listening({ url: own.url })]
  for (const { store } of stores) await store.subscribe()
  await own.restart()
  const teller = await listening({ url: own.url })
  for (const { heard } of stores) {
    await until('it is heard again', () => {
      teller.store.announce(ENDED)
      return heard.length > 0
    })
  }
}, 20_000)

test('subscribe waits for a Redis that is away, and ends with the store', async () => {
  const own = await startRedis()
  afterwards.push(() => own.stop())
  const { store } = await listening({ url: own.url })
  await own.kill()
  const subscribed = store.subscribe()
  await store.close()
  await expect(subscribed).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
})

test('a client that cannot be duplicated is told so, and nothing else fails', async () => {
  const client = new Redis(server.url)
  afterwards.push(() => client.quit())
  const store = redisStore({ client: { evalsha: client.evalsha.bind(client), eval: client.eval.bind(client) } as unknown as RedisClient })
  await expect(store.subscribe()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
  store.announce(ENDED)
  await store.create(record())
})

test('in a cluster the node that somebody listened to may die', async () => {
  const own = await startRedisCluster()
  afterwards.push(() => own.stop())
  const client = createCluster({ rootNodes: own.nodes.map(({ url }) => ({ url })) })
  client.on('error', () => {})
  await client.connect()
  afterwards.push(() => client.destroy())
  const ioredis = new Cluster(own.nodes.map(({ host, port }) => ({ host, port })))
  afterwards.push(() => ioredis.disconnect())
  const stores = [await listening({ client }), await listening({ client: ioredis }), await listening({ client })]
  for (const { store } of stores) await store.subscribe()
  const [node] = own.nodes
  await node?.kill()
  for (const { heard } of stores) {
    await until(
      'it is heard again',
      () => {
        for (const { store } of stores) store.announce(ENDED)
        return heard.length > 0
      },
      15_000,
    )
  }
}, 60_000)

async function listening(options: RedisStoreOptions): Promise<{ store: RedisStore; heard: StoreEvent[] }> {
  const store = redisStore(options)
  afterwards.push(() => store.close())
  const heard: StoreEvent[] = []
  store.listen((event) => heard.push(event))
  await store.ready()
  return { store, heard }
}

/** An announcement that was made before a message of another store has been delivered when that is heard. */
async function settled(): Promise<void> {
  const { store, heard } = await listening({ url: server.url, ns: 'last:' })
  const teller = await listening({ url: server.url, ns: 'last:' })
  await store.subscribe()
  teller.store.announce(ENDED)
  await until('the last one is heard', () => heard.length > 0, 1000)
}

async function observer() {
  const redis = await inspector(server.url)
  afterwards.push(() => redis.destroy())
  return redis
}

async function nodeRedisCluster(create: typeof createCluster): Promise<RedisClient> {
  const client = create({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) })
  client.on('error', () => {})
  afterwards.push(() => client.destroy())
  await client.connect()
  return client
}

async function nodeRedisSentinel(create: typeof createSentinel): Promise<RedisClient> {
  const client = create({ name: MASTER_NAME, sentinelRootNodes: addresses() })
  client.on('error', () => {})
  afterwards.push(() => client.destroy())
  await client.connect()
  return client
}

function addresses() {
  return watched.sentinels.map(({ host, port }) => ({ host, port }))
}
