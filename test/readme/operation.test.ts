// The recipes for who runs a site: its stores, secrets and shutdown, and what is seen of its sessions.
import { expect, test } from '@jest/globals'
import { pino } from 'pino'
import * as promClient from 'prom-client'
import request from 'supertest'
import { SessionEmitter } from '../../lib/events.js'
import * as main from '../../lib/index.js'
import { audit } from '../../ops/audit.js'
import { metrics } from '../../ops/metrics.js'
import * as testing from '../../testing/index.js'
import { recordIn } from '../ops/kit.js'
import { startMemcached } from '../servers/memcached.js'
import { startRedis } from '../servers/redis-server.js'
import { FaultyStore } from '../support/faulty-store.js'
import { countsTwice, makesAMiddleware, readme, type Site, screenshots, secret, siteOpener, snippetWith } from './kit.js'

const open = siteOpener()

/** Starts a Redis that `REDIS_URL` names until the test is over. */
async function redisInEnvironment({ afterTest }: Site): Promise<void> {
  const redis = await startRedis()
  process.env['REDIS_URL'] = redis.url
  afterTest(() => {
    delete process.env['REDIS_URL']
    return redis.stop()
  })
}

/** A session lasts from one request to the next in the store of the snippet, which may need something first. */
async function keepsASession(snippet: string, prepare = async (_site: Site): Promise<void> => {}): Promise<void> {
  const site = await open()
  await prepare(site)
  await site.run(snippet, { app: site.own, session: main.session })
  await countsTwice(site)
}

test('the recipe of the memory store keeps a session there', async () => {
  await keepsASession(snippetWith('max: 20_000'))
})

test('the recipe of Redis keeps a session there: store: process.env.REDIS_URL', async () => {
  await keepsASession(snippetWith('store: process.env.REDIS_URL'), redisInEnvironment)
})

test('the recipe of Redis keeps a session there: redisStore({ client })', async () => {
  await keepsASession(snippetWith('redisStore({ client })'), redisInEnvironment)
})

test('the recipe of Memcached keeps a session there, by its name and by the URL beside it', async () => {
  const site = await open()
  const memcached = await startMemcached()
  site.afterTest(() => memcached.stop())
  const snippet = snippetWith("store: 'memcache'").replace('127.0.0.1:11211', memcached.address)
  await site.run(snippet, { app: site.own, session: main.session })
  await countsTwice(site)
  const [, url = ''] = /`store: '(memcache:[^']+)'`/.exec(readme) ?? []
  site.own.use(main.session({ secret, key: 'other', store: url.replace(/10[\d.:]+,10[\d.:]+/, memcached.address) }))
  await countsTwice(site)
})

test('the recipe of a store made for express-session keeps a session there', async () => {
  await keepsASession(snippetWith('new MemoryStore()'))
})

test('the recipe of the encrypted cookie keeps a session in the browser alone', async () => {
  await keepsASession(snippetWith("expiry: '12h'"))
})

test('the recipe of a cookie whose sessions can end keeps a record in Redis', async () => {
  await keepsASession(snippetWith('revocation:'), redisInEnvironment)
})

test('the recipe of looking after sessions ends them all', async () => {
  const { app, sessions, run } = await open()
  app.use(sessions)
  for (let n = 0; n < 3; n++) await testing.cookieFor(sessions, { userId: 7 })
  await run(snippetWith('sessions.sweepIdle'), { sessions })
  expect(await sessions.count({})).toBe(0)
})

test('the recipe of pages shows a user the own devices and an administrator all, and has its screenshots', async () => {
  const { app, server, sessions, run } = await open()
  await run(snippetWith('sessionPages('), { app, sessions, isAdmin: async (userId: number) => userId === 1 })
  const [user, admin] = [await testing.cookieFor(sessions, { userId: 7 }), await testing.cookieFor(sessions, { userId: 1 })]
  const devices = await request(server).get('/sessions').set('Cookie', user.header).expect(200)
  expect(devices.text.match(/<li class="device">/g)).toHaveLength(1)
  await request(server).get('/sessions/admin').set('Cookie', user.header).expect(403)
  await request(server)
    .get('/sessions/admin')
    .set('Cookie', admin.header)
    .expect(200, /<dt>Users<\/dt><dd>2<\/dd>/)
  expect(screenshots(/<img src="([^"]+\/(?:devices|admin)-[^"]+)"/g)).toBe(4)
})

test('the recipe of rotating the secret accepts the old one', async () => {
  await makesAMiddleware(await open(), snippetWith('NEW_SECRET'))
})

test('the recipe of going on without sessions does so in the shop, and nowhere else', async () => {
  const { app, server, own, run } = await open()
  const store = new FaultyStore(main.memoryStore())
  await run(snippetWith('onStoreError:'), { app: own, session: (options: main.SessionOptions) => main.session({ ...options, store }) })
  app.use((req, res) => void res.send(String(req.session.info.degraded)))
  const { header } = await testing.cookieFor(main.session({ secret, store }), { userId: 7 })
  for (const [path, status, body] of [['/shop', 200, 'true'] as const, ['/account', 503, expect.anything()] as const]) {
    store.fail('load', 'reject')
    const answer = await request(server).get(path).set('Cookie', header)
    expect([answer.status, answer.text, answer.headers['set-cookie']]).toEqual([status, body, undefined])
  }
})

test('the recipe of stopping closes the server, and then the sessions', async () => {
  const { run } = await open()
  const told: string[] = []
  const handlers = new Map<string, () => void>()
  const names = {
    process: { once: (signal: string, handler: () => void) => handlers.set(signal, handler) },
    server: { close: (closed: () => void) => void (told.push('server'), closed()) },
    sessions: { close: async () => void told.push('sessions') },
  }
  await run(snippetWith('SIGTERM'), names)
  handlers.get('SIGTERM')?.()
  expect(told).toEqual(['server', 'sessions'])
})

test('the recipe of an audit trail keeps one, and the line that it shows is one that the schema allows', async () => {
  const { sessions, run } = await open()
  const lines: string[] = []
  const toLines = () => pino({}, { write: (line: string) => void lines.push(line) })
  const modules: Record<string, unknown> = { pino: toLines, 'steady-session/audit': { audit } }
  const holder: { stop?: () => Promise<void> } = {}
  const snippet = `${snippetWith('steady-session/audit')}
holder.stop = stopAudit`
  await run(snippet, { sessions, holder, require: (name: string) => modules[name] })
  await testing.cookieFor(sessions, { userId: 7 })
  await holder.stop?.()
  expect(lines.map((line) => (JSON.parse(line) as { audit: { event: string } }).audit.event)).toEqual(['created', 'signedIn'])
  const [, shown = ''] = /```json\n([\s\S]*?)```/.exec(readme) ?? []
  expect(recordIn(shown)).toMatchObject({ event: 'rejected', count: 1000 })
})

test('the recipe of measuring prints every metric of its table', async () => {
  const { app, server, sessions, run } = await open()
  const modules: Record<string, unknown> = { 'prom-client': promClient, 'steady-session/metrics': { metrics } }
  await run(snippetWith('steady-session/metrics'), { app, sessions, require: (name: string) => modules[name] })
  const { text, type } = await request(server).get('/metrics').expect(200)
  expect(type).toBe('text/plain')
  const named = readme.match(/`session_\w+`/g) ?? []
  expect(named.length).toBeGreaterThan(8)
  for (const name of named) expect(text).toContain(`# TYPE ${name.slice(1, -1)} `)
  promClient.register.clear()
})

test('the recipe of listening names events that exist', async () => {
  const { sessions, run } = await open()
  await run(snippetWith("sessions.on('ended'"), { sessions, console: { log: () => {}, warn: () => {}, error: () => {} } })
  const named = /Events: ([\s\S]*?)\. A/.exec(readme)?.[1]?.match(/\w+/g) ?? []
  expect(named).toContain('storeError')
  const emitter = new SessionEmitter()
  for (const name of named) expect(emitter.on(name as main.SessionEventName, () => {})).toBeInstanceOf(Function)
})

test('the recipe of an own store runs the whole suite that is exported', async () => {
  const { run } = await open()
  const tests: (() => unknown)[] = []
  const runner = {
    describe: (_title: string, body: () => void) => body(),
    test: Object.assign((_title: string, body: () => unknown) => tests.push(body), { skip: () => {} }),
  }
  const modules: Record<string, unknown> = { 'node:test': runner, 'steady-session/testing': testing }
  const myStore = () => Object.assign(main.memoryStore(), { close: () => {} })
  await run(snippetWith('describeStoreContract('), { myStore, require: (name: string) => modules[name] })
  expect(tests.length).toBeGreaterThan(50)
  await Promise.all(tests.map((body) => body()))
})
