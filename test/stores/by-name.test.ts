import { afterAll, beforeAll, expect, test } from '@jest/globals'
import express from 'express'
import { MemoryStore } from 'express-session'
import request from 'supertest'
import { expressStore, type SessionOptions, type Sessions, session } from '../../lib/index.js'
import { type MemcachedServer, startMemcached } from '../servers/memcached.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'

const secret = 'f2b0c9e1a7d84d6c9b3e5a1f0c8d7e6b'
let redis: RedisServer
let memcached: readonly [MemcachedServer, MemcachedServer]

beforeAll(async () => {
  redis = await startRedis()
  memcached = [await startMemcached(), await startMemcached()]
})
afterAll(async () => {
  await Promise.all([redis, ...memcached].map((server) => server.stop()))
})

async function counts(options: SessionOptions): Promise<string[]> {
  const sessions: Sessions = session({ secret, ...options })
  await sessions.ready()
  const app = express()
  app.use(sessions)
  app.get('/', async (req, res) => res.send(String(await req.session.increment('n'))))
  const agent = request.agent(app)
  const seen = [(await agent.get('/')).text, (await agent.get('/')).text]
  await sessions.close()
  return seen
}

test('a store is found by its name, with its options beside it', async () => {
  expect(await counts({ store: 'memory', max: 10 })).toEqual(['1', '2'])
  expect(await counts({ store: 'cookie', chunks: 2 })).toEqual(['1', '2'])
  expect(await counts({ store: 'redis', server: { host: '127.0.0.1', port: redis.port, ns: 'sess:' }, expiry: '14d' })).toEqual(['1', '2'])
})

test('a store is found by its URL', async () => {
  expect(await counts({ store: `redis://127.0.0.1:${redis.port}` })).toEqual(['1', '2'])
  expect(await counts({ store: `memcache://${memcached[0].address}` })).toEqual(['1', '2'])
  expect(await counts({ store: `memcache://${memcached.map(({ address }) => address).join()}`, ns: 'two:' })).toEqual(['1', '2'])
})

test('the cookie store finds its records by name or URL too', async () => {
  expect(await counts({ store: 'cookie', revocation: 'memory' })).toEqual(['1', '2'])
  expect(await counts({ store: 'cookie', revocation: `redis://127.0.0.1:${redis.port}` })).toEqual(['1', '2'])
  expect(await counts({ store: 'cookie', revocation: `memcache://${memcached[0].address}` })).toEqual(['1', '2'])
})

test.each<[option: string, value: unknown, message: RegExp]>([
  ['store', 'redis://h:x', /^store: expected redis:\/\/host:port/],
  ['store', 'redis://app:hunter2@h/x', /^store: expected redis:\/\/host:port/],
  ['store', 'memcache://', /^store: expected memcache:\/\/host:port/],
  ['store', 'memcache://app:hunter2@h:x', /^store: expected 'host:port' each/],
  ['store', 'redis:app:hunter2@h', /^store: 'redis:…' is unknown; known are .*memcache:\/\/…, redis:\/\/…/],
  ['revocation', 'mongo', /^revocation: 'mongo' is unknown; known are memory/],
  ['revocation', 'memcache://app:hunter2@h/x', /^revocation: expected memcache:\/\/host:port/],
  ['revocation', 'cookie', /^revocation: the cookie store does not promise that what was ended stays ended; expected 'redis'/],
  ['revocation', new MemoryStore(), /^revocation: a store made for express-session does not promise .* redisStore\(\{ client \}\)$/],
  ['revocation', expressStore(new MemoryStore()), /^revocation: the express-session store does not promise/],
  ['revocation', {}, /^revocation: expected a store; create\(\) is missing/],
])('%s: %s is a TypeError at start-up that begins with the option and shows no password', (option, value, message) => {
  const start = () => session({ secret, store: 'cookie', [option]: value } as SessionOptions)
  expect(start).toThrow(TypeError)
  expect(start).toThrow(message)
  expect(start).not.toThrow('hunter2')
})

test('an unknown name or scheme is a TypeError that lists the known ones and shows no password', () => {
  expect(() => session({ secret, store: 'mongo' })).toThrow(/^store: 'mongo' is unknown; known are memory/)
  expect(() => session({ secret, store: 'mysql://root:hunter2@host' })).toThrow(/^store: 'mysql:\/\/…' is unknown/)
})

test('an option of another store is a TypeError that begins with its name', () => {
  expect(() => session({ secret, store: 'memory', chunks: 2 })).toThrow(/^chunks: /)
  expect(() => session({ secret, store: 'redis', max: 2 })).toThrow(/^max: /)
  expect(() => session({ secret, store: 'redis://127.0.0.1', server: { port: 1 } })).toThrow(/^server: /)
  expect(() => session({ secret, store: 'memcache://127.0.0.1', servers: ['a'] })).toThrow(/^servers: /)
})
