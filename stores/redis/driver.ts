// What the store asks of a driver, and which of the two adapters a client needs.
import { type IoredisClient, ioredisDriver } from './driver-ioredis.js'
import { type NodeRedisClient, nodeRedisDriver } from './driver-node-redis.js'

/** Somebody hears a channel. */
export interface Subscription {
  /** Whether its connection still answers, where that can be asked. */
  ping?(): Promise<unknown>
  end(): void
}

export interface RedisDriver {
  /** The keys of one call need one slot. */
  readonly clustered: boolean
  evalSha(sha: string, keys: readonly string[], args: readonly string[]): Promise<unknown>
  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Makes the script known in advance, where that is one node's affair; a store works without. */
  load?(script: string): Promise<unknown>
  /** Hears a channel on a connection of its own until that is ended or lost. A `TypeError`: with this client it cannot be. */
  subscribe(channel: string, heard: (message: string) => void, lost: () => void): Promise<Subscription>
  /** Takes back what the adapter itself did to the client. */
  release?(): void
}

export type RedisClient = NodeRedisClient | IoredisClient

/** Throws a `TypeError` for what is no client. */
export function driverOf(client: unknown): RedisDriver {
  if (has(client, 'evalSha') && has(client, 'eval')) return nodeRedisDriver(client as unknown as NodeRedisClient)
  if (has(client, 'evalsha') && has(client, 'eval')) return ioredisDriver(client as unknown as IoredisClient)
  throw new TypeError('client: expected a client of redis 5 or 6 (also a cluster or sentinel), or of ioredis')
}

function has(client: unknown, method: string): boolean {
  return typeof client === 'object' && client !== null && typeof (client as Record<string, unknown>)[method] === 'function'
}
