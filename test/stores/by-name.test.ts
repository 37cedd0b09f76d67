import { afterAll, beforeAll, expect, test } from '@jest/globals'
import express from 'express'
import request from 'supertest'
import { type SessionOptions, type Sessions, session } from '../../lib/index.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'

const secret = 'f2b0c9e1a7d84d6c9b3e5a1f0c8d7e6b'
let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await redis.stop()
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
})

test('an unknown name or scheme is a TypeError that lists the known ones and shows no password', () => {
  expect(() => session({ secret, store: 'mongo' })).toThrow(/^store: 'mongo' is unknown; known are memory/)
  expect(() => session({ secret, store: 'mysql://root:hunter2@host' })).toThrow(/^store: 'mysql:\/\/…' is unknown/)
})

test('an option of another store is a TypeError that begins with its name', () => {
  expect(() => session({ secret, store: 'memory', chunks: 2 })).toThrow(/^chunks: /)
  expect(() => session({ secret, store: 'redis', max: 2 })).toThrow(/^max: /)
  expect(() => session({ secret, store: 'redis://127.0.0.1', server: { port: 1 } })).toThrow(/^server: /)
})
