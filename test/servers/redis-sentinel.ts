// A master, a replica and three sentinels that watch over them, on loopback.
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from 'redis'
import { type RedisServer, startRedis } from './redis-server.js'
import { HOST } from './server-process.js'

export const MASTER_NAME = 'sessions'

export interface WatchedRedis {
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly sentinels: readonly RedisServer[]
  stop(): Promise<void>
}

const DOWN_AFTER_MS = 500
const READY_MS = 20_000

export async function startWatchedRedis(): Promise<WatchedRedis> {
  const master = await startRedis({ config: { 'repl-diskless-sync-delay': '0' } })
  const replica = await startRedis({ config: { replicaof: `${HOST} ${master.port}` } })
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(master.port)))
  const stop = async (): Promise<void> => {
    await Promise.all([master, replica, ...sentinels].map((server) => server.stop()))
  }
  try {
    await Promise.all(sentinels.map((sentinel) => untilItKnowsAll(sentinel)))
    return { master, replica, sentinels, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function startSentinel(masterPort: number): Promise<RedisServer> {
  return startRedis({
    sentinel: [
      `sentinel monitor ${MASTER_NAME} ${HOST} ${masterPort} 2`,
      `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${MASTER_NAME} 3000`,
    ],
  })
}

/** The replica, and both other sentinels: else there is no majority for a failover. */
async function untilItKnowsAll(sentinel: RedisServer): Promise<void> {
  const client = createClient({ url: sentinel.url, RESP: 2, disableClientInfo: true })
  client.on('error', () => {})
  await client.connect()
  const end = Date.now() + READY_MS
  while (!/slaves=1,sentinels=3/.test(String(await client.sendCommand(['INFO', 'sentinel'])))) {
    if (Date.now() > end) throw new Error(`the sentinels did not find each other within ${READY_MS} ms`)
    await delay(50)
  }
  client.destroy()
}
