// How each client hears a channel, on a connection that is ours alone: on one in subscription nothing else may be asked.
import { randomInt } from 'node:crypto'
import type { Subscription } from './driver.js'
import { isCluster } from './node-redis-cluster.js'

type Heard = (message: string) => void

/** As much of a client of `redis` as is used here. */
export interface NodeRedisSubscriber {
  connect(): Promise<unknown>
  destroy(): void
  ping(): Promise<unknown>
  on(event: string, listener: (error: unknown) => void): unknown
  subscribe(channel: string, listener: Heard): Promise<unknown>
  unsubscribe(channel: string, listener: Heard): Promise<unknown>
}

interface IoredisSubscriber {
  connect(): Promise<unknown>
  disconnect(): void
  ping(): Promise<unknown>
  on(event: string, listener: (...args: string[]) => void): unknown
  subscribe(channel: string): Promise<unknown>
}

const CANNOT = 'client: this one cannot be duplicated, so that ends in other processes are not heard'

/** Of `redis` 5 or 6: a client, a cluster, or a sentinel, which has a connection for this already and moves it when another master takes over. */
export async function subscribeNodeRedis(client: object, channel: string, heard: Heard, lost: () => void): Promise<Subscription> {
  if ('getSentinelNode' in client) {
    const sentinel = client as object as NodeRedisSubscriber
    await sentinel.subscribe(channel, heard)
    return { end: () => void sentinel.unsubscribe(channel, heard).catch(() => {}) }
  }
  const source = isCluster(client) ? await someNode(client) : client
  if (!('duplicate' in source) || typeof source.duplicate !== 'function') throw new TypeError(CANNOT)
  return subscribeOn(source.duplicate() as NodeRedisSubscriber, channel, heard, lost)
}

/** A fresh client that is not connected, or one that is. */
export async function subscribeOn(
  client: NodeRedisSubscriber,
  channel: string,
  heard: Heard,
  lost: () => void,
  connected = false,
): Promise<Subscription> {
  const end = (): void => {
    try {
      client.destroy()
    } catch {
      // A client that is closed already says so by throwing.
    }
  }
  client.on('error', () => {
    end()
    lost()
  })
  try {
    if (!connected) await client.connect()
    await client.subscribe(channel, heard)
  } catch (error) {
    end()
    throw error
  }
  return { ping: () => client.ping(), end }
}

/** Of `ioredis`: a client, or a cluster, whose nodes all hear everything. */
export async function subscribeIoredis(client: object, channel: string, heard: Heard, lost: () => void): Promise<Subscription> {
  const source = 'nodes' in client && typeof client.nodes === 'function' ? anyOf(client.nodes('master') as object[]) : client
  if (!('duplicate' in source) || typeof source.duplicate !== 'function') throw new TypeError(CANNOT)
  const options = {
    lazyConnect: true,
    retryStrategy: () => null,
    reconnectOnError: null,
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
  }
  const subscriber: IoredisSubscriber = source.duplicate(options)
  const end = (): void => subscriber.disconnect()
  subscriber.on('error', () => {})
  subscriber.on('end', lost)
  subscriber.on('message', (from, message) => {
    if (from === channel) heard(message ?? '')
  })
  try {
    await subscriber.connect()
    await subscriber.subscribe(channel)
  } catch (error) {
    end()
    throw error
  }
  return { ping: () => subscriber.ping(), end }
}

interface Cluster {
  readonly masters: readonly object[]
  nodeClient(node: object): unknown
}

async function someNode(client: object): Promise<object> {
  const cluster = client as Cluster
  return (await cluster.nodeClient(anyOf(cluster.masters))) as object
}

/** One that is down is not asked again and again. */
function anyOf<T>(list: readonly T[]): T {
  if (list.length === 0) throw new Error('no node is known')
  return list[randomInt(list.length)] as T
}
