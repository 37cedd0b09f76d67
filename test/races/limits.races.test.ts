// The limits of sessions per user on the stores that can: two sites on one backend.
import { afterAll, beforeAll } from '@jest/globals'
import { memoryStore, redisStore } from '../../lib/index.js'
import { anyRedis } from '../servers/redis-server.js'
import { describeLimits } from './limits.js'

let server: Awaited<ReturnType<typeof anyRedis>>

beforeAll(async () => {
  server = await anyRedis()
})

afterAll(() => server.stop())

const shared = memoryStore()
describeLimits('memory', { open: () => shared })
describeLimits('redis', { open: () => redisStore({ url: server.url, ns: `limits-${process.pid}:` }) })
