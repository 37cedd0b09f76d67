// Clients of each driver on a real server, for the tests of the Redis store.
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { createClient as createClient5 } from 'redis5'
import type { SessionTerms } from '../../lib/store.js'
import type { RedisClient } from '../../stores/redis.js'

export interface OpenClient {
  readonly client: RedisClient
  close(): Promise<unknown>
}

/** Driver → a connected client for that URL. */
export const DRIVERS: Readonly<Record<string, (url: string) => Promise<OpenClient>>> = {
  'redis 6': async (url) => {
    const client = createClient({ url })
    await client.connect()
    return { client, close: () => client.close() }
  },
  'redis 5': async (url) => {
    const client = createClient5({ url })
    await client.connect()
    return { client, close: () => client.close() }
  },
  ioredis: async (url) => {
    const client = new Redis(url)
    return { client, close: () => client.quit() }
  },
}

/** A client for the test itself: looks at what the store did. */
export async function inspector(url: string) {
  const client = createClient({ url, socket: { reconnectStrategy: 50 } })
  client.on('error', () => {})
  await client.connect()
  return client
}

export type Inspector = Awaited<ReturnType<typeof inspector>>

/** A session of an hour's idle span and a day's lifetime, unless the terms say otherwise. */
export function record(terms: Partial<SessionTerms> = {}, values: Record<string, string> = {}) {
  return { values, terms: { id: 'id', idleMs: 3_600_000, lifetimeMs: 86_400_000, persistent: true, indexes: {}, ...terms } }
}

/** Asks until it is so: for what goes on behind an answered call. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
