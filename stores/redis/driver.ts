// What the store asks of a driver, and which of the two adapters a client needs.
import { type IoredisClient, ioredisDriver } from './driver-ioredis.js'
import { type NodeRedisClient, nodeRedisDriver } from './driver-node-redis.js'

export interface RedisDriver {
  evalSha(sha: string, key: string, args: readonly string[]): Promise<unknown>
  eval(script: string, key: string, args: readonly string[]): Promise<unknown>
  /** Makes the script known in advance, where that is one node's affair; a store works without. */
  load?(script: string): Promise<unknown>
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
