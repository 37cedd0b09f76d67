// The store behind Redis Sentinel: another master takes over, and the store goes on with it.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import { createSentinel as createSentinel5 } from 'redis5'
import { USER_INDEX } from '../../lib/store.js'
import { type RedisClient, redisStore } from '../../stores/redis.js'
import { MASTER_NAME, startWatchedRedis, type WatchedRedis } from '../servers/redis-sentinel.js'
import { inspector, record, until } from './redis-kit.js'

let watched: WatchedRedis
const closes: (() => unknown)[] = []

const CLIENTS: Readonly<Record<string, () => Promise<RedisClient>>> = {
  'redis 6': async () => {
    const client = createSentinel({ name: MASTER_NAME, sentinelRootNodes: addresses() })
    closes.push(() => client.destroy())
    return client.on('error', () => {}).connect()
  },
  'redis 5': async () => {
    const client = createSentinel5({ name: MASTER_NAME, sentinelRootNodes: addresses() })
    closes.push(() => client.destroy())
    return client.on('error', () => {}).connect()
  },
  ioredis: async () => {
    const client = new Redis({ name: MASTER_NAME, sentinels: addresses() })
    closes.push(() => client.disconnect())
    return client
  },
}

beforeAll(async () => {
  watched = await startWatchedRedis()
}, 30_000)

afterAll(async () => {
  for (const close of closes) await close()
  await watched.stop()
})

test('F-14: a failover loses no session that was replicated, and the store goes on with the new master', async () => {
  const stores = await Promise.all(Object.values(CLIENTS).map(async (connect) => redisStore({ client: await connect() })))
  const sessions = await Promise.all(stores.map((store) => store.create(record({ indexes: { [USER_INDEX]: '7' } }, { a: '1' }))))
  await replicated()
  await watched.master.kill()
  for (const [n, store] of stores.entries()) {
    const { token = '', handle } = sessions[n] ?? {}
    await until('a write is taken', async () => (await within(300, store.update(token, { set: { a: '2' } }))) === 'saved', 10_000)
    expect(await store.load(token, { slide: true })).toMatchObject({ handle, values: { a: '2' } })
    expect(await store.index.count(USER_INDEX, '7')).toBe(stores.length)
  }
  for (const store of stores) await store.close()
}, 30_000)

function addresses() {
  return watched.sentinels.map(({ host, port }) => ({ host, port }))
}

async function replicated(): Promise<void> {
  const [master, replica] = [await inspector(watched.master.url), await inspector(watched.replica.url)]
  await until('the replica has it all', async () => (await replica.dbSize()) === (await master.dbSize()))
  master.destroy()
  replica.destroy()
}

async function within(ms: number, work: unknown): Promise<string> {
  const late = new Promise<{ outcome: string }>((resolve) => {
    setTimeout(() => resolve({ outcome: 'late' }), ms).unref()
  })
  const failed = () => ({ outcome: 'failed' })
  return (await Promise.race([Promise.resolve(work as Promise<{ outcome: string }>).catch(failed), late])).outcome
}
