// Every snippet of the README runs; the tables name what exists.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { transformSync } from '@swc/core'
import express from 'express'
import * as expressSession from 'express-session'
import { createClient } from 'redis'
import request from 'supertest'
import * as errors from '../lib/errors.js'
import { SessionEmitter } from '../lib/events.js'
import * as main from '../lib/index.js'
import * as testing from '../testing/index.js'
import { startMemcached } from './servers/memcached.js'
import { startRedis } from './servers/redis-server.js'
import { FaultyStore } from './support/faulty-store.js'

const readme = readFileSync('README.md', 'utf8')
const snippets = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] as string)
const secret = 'f2b0c9e1a7d84d6c9b3e5a1f0c8d7e6b'

let app: express.Express
let server: Server
let sessions: main.Sessions
const afterwards: (() => unknown)[] = []

beforeEach(async () => {
  process.env['SESSION_SECRET'] = secret
  process.env['NEW_SECRET'] = 'a1c3e5f7092b4d6f8a0c2e4f6b8d0f1e'
  process.env['OLD_SECRET'] = secret
  app = express()
  app.use(express.urlencoded())
  sessions = main.session({ secret })
  server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  for (const work of afterwards.splice(0).reverse()) await work()
  await sessions.close()
  await new Promise((resolve) => server.close(resolve))
})

/** Of the snippet that makes one itself; closed after the test. */
function openClient(options: Parameters<typeof createClient>[0]) {
  const client = createClient(options)
  afterwards.push(() => client.close())
  return client
}

/** Takes the middleware of a snippet, which is closed after the test. */
const own = {
  use(made: main.Sessions): void {
    app.use(made)
    afterwards.push(() => made.close())
  },
}

/** Starts a Redis that `REDIS_URL` names until the test is over. */
async function redisInEnvironment(): Promise<void> {
  const redis = await startRedis()
  process.env['REDIS_URL'] = redis.url
  afterwards.push(() => {
    delete process.env['REDIS_URL']
    return redis.stop()
  })
}

/** Runs a snippet with these names in reach; `import` becomes what the package exports. */
async function run(snippet: string, names: Record<string, unknown>): Promise<unknown> {
  const { code } = transformSync(snippet, { jsc: { parser: { syntax: 'ecmascript' }, target: 'es2023' }, module: { type: 'commonjs' } })
  const modules: Record<string, unknown> = {
    express,
    'express-session': expressSession,
    redis: { createClient: openClient },
    'steady-session': main,
    'steady-session/testing': testing,
  }
  const scope = { require: (name: string) => modules[name], exports: {}, module: {}, ...names }
  const free = Object.fromEntries(Object.entries(scope).filter(([name]) => !new RegExp(`(const|let) ${name}\\b`).test(snippet)))
  const body = new Function(...Object.keys(free), `return (async () => { ${code} })()`)
  return body(...Object.values(free))
}

/** One browser, two requests. */
async function countsTwice(): Promise<void> {
  app.get('/count', async (req, res) => res.send(String(await req.session.increment('count'))))
  const agent = request.agent(server)
  await agent.get('/count').expect('1')
  await agent.get('/count').expect('2')
}

function snippetWith(text: string): string {
  const found = snippets.filter((snippet) => snippet.includes(text))
  expect(found).toHaveLength(1)
  return found[0] as string
}

test('every snippet is run by one of the tests below', () => {
  expect(snippets).toHaveLength(22)
})

test('the first application counts the visits of one browser', async () => {
  const snippet = snippetWith('You were here').replace('app.listen(3000)', 'listen(app)')
  await run(snippet, {
    listen: (made: express.Express) => {
      app.use(made)
    },
  })
  const agent = request.agent(server)
  expect((await agent.get('/')).text).toBe('You were here 1 times')
  expect((await agent.get('/')).text).toBe('You were here 2 times')
})

test('the wire transcript shows what the first application sends', async () => {
  await run(snippetWith('You were here').replace('app.listen(3000)', 'listen(app)'), { listen: (made: express.Express) => app.use(made) })
  const bare = await request(server).get('/')
  const transcript = /```console\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const shown = [...transcript.matchAll(/^([A-Z][\w-]+): (.*)$/gm)].map((match) => [match[1]?.toLowerCase(), match[2]])
  for (const [name, value] of shown) {
    const sent = String(bare.headers[name as string])
    expect(sent.replace(/sid=[\w-]{22}\.[\w-]{43}\.[^;]{43}/, 'sid=<handle>.<verifier>.<signature>')).toBe(value)
  }
  expect(shown.map(([name]) => name)).toContain('set-cookie')
})

test('the recipe of the memory store keeps a session there', async () => {
  await run(snippetWith('max: 20_000'), { app: own, session: main.session })
  await countsTwice()
})

test.each(['store: process.env.REDIS_URL', 'redisStore({ client })'])('the recipe of Redis keeps a session there: %s', async (text) => {
  await redisInEnvironment()
  await run(snippetWith(text), { app: own, session: main.session })
  await countsTwice()
})

test('the recipe of Memcached keeps a session there, by its name and by the URL beside it', async () => {
  const memcached = await startMemcached()
  afterwards.push(() => memcached.stop())
  const snippet = snippetWith("store: 'memcache'").replace('127.0.0.1:11211', memcached.address)
  await run(snippet, { app: own, session: main.session })
  await countsTwice()
  const [, url = ''] = /`store: '(memcache:[^']+)'`/.exec(readme) ?? []
  own.use(main.session({ secret, key: 'other', store: url.replace(/10[\d.:]+,10[\d.:]+/, memcached.address) }))
  await countsTwice()
})

test('the recipe of a store made for express-session keeps a session there', async () => {
  await run(snippetWith('new MemoryStore()'), { app, session: main.session })
  await countsTwice()
})

test('the recipe of the encrypted cookie keeps a session in the browser alone', async () => {
  await run(snippetWith("expiry: '12h'"), { app, session: main.session })
  await countsTwice()
})

test('the recipe of a cookie whose sessions can end keeps a record in Redis', async () => {
  await redisInEnvironment()
  await run(snippetWith('revocation:'), { app: own, session: main.session })
  await countsTwice()
})

test('the recipe of sign-in and sign-out gives a new cookie and takes it away', async () => {
  app.use(sessions)
  const findUser = async (_email: string, password: string) => (password === 'right' ? { id: 7 } : null)
  await run(snippetWith('await findUser('), { app, findUser })
  expect((await request(server).post('/login').send('password=wrong')).status).toBe(401)
  const login = await request(server).post('/login').send('password=right').expect(302)
  const cookie = String(login.headers['set-cookie']).split(';', 1)[0] as string
  const logout = await request(server).post('/logout').set('Cookie', cookie).expect(302)
  expect(String(logout.headers['set-cookie'])).toMatch(/^sid=; Max-Age=0/)
})

test('the recipe of remembering has two kinds of cookie, and its table the numbers of the policies', async () => {
  await run(snippetWith('policies.aal2'), { app: { ...own, post: app.post.bind(app) }, session: main.session, userIdOf: async () => 7 })
  const cookies = async (form: string) => String((await request(server).post('/login').send(form).expect(302)).headers['set-cookie'])
  expect(await cookies('remember=on')).toContain(`Max-Age=${30 * 24 * 60 * 60}`)
  expect(await cookies('')).not.toMatch(/Max-Age|Expires/)
  const rows = [...readme.matchAll(/^\| `policies\.(\w+)` \| (.+?) \| (.+?) \| (.+?) \|/gm)].map(([, name, idle, life, cookie]) => [
    name,
    idle,
    life,
    cookie,
  ])
  const written = (duration: string) =>
    duration.replace(/(\d+)([dhm])/, (_, n, unit) => `${n} ${{ d: 'day', h: 'hour', m: 'minute' }[unit as 'd']}${n === '1' ? '' : 's'}`)
  expect(rows).toEqual(
    Object.entries(main.policies).map(([name, { expiry, maxLifetime, remember }]) => [
      name,
      written(expiry),
      written(maxLifetime),
      remember === false ? 'ends with the browser' : 'kept',
    ]),
  )
})

test('the recipe of saving nothing leaves no trace of a request that failed', async () => {
  const routes = express.Router()
  routes.get('/count', async (req, res) => {
    await Promise.resolve()
    req.session.set('n', Number(req.session.get('n') ?? 0) + 1)
    if (req.query['fail'] !== undefined) throw Object.assign(new Error('wrong'), { status: Number(req.query['fail']) })
    res.send(String(req.session.get('n')))
  })
  const parts = { use: (part: never) => void app.use(part) }
  await run(snippetWith('discardOnError: true'), { app: parts, session: main.session, routes })
  const agent = request.agent(server)
  await agent.get('/count').expect('1')
  await agent.get('/count?fail=500').expect(500, 'Something went wrong')
  await agent.get('/count?fail=404').expect(404)
  await agent.get('/count').expect('2')
})

test('the recipe of signing out everywhere ends the sessions of the user', async () => {
  const holder: { sessions?: main.Sessions } = {}
  const snippet = `${snippetWith('logout-everywhere')}\nholder.sessions = sessions`
  await run(snippet, { app, session: main.session, holder })
  const mine = holder.sessions as main.Sessions
  const [one, two] = [await testing.cookieFor(mine, { userId: 7 }), await testing.cookieFor(mine, { userId: 7 })]
  expect((await request(server).get('/devices').set('Cookie', one.header)).body).toHaveLength(2)
  expect((await request(server).post('/logout-everywhere').set('Cookie', one.header)).text).toBe('2 sessions ended')
  expect(await mine.count({ userId: 7 })).toBe(0)
  expect(two.header).not.toBe(one.header)
  await mine.close()
})

test('the recipe of counting answers the new count', async () => {
  app.use(sessions)
  await run(snippetWith("increment('likes')"), { app })
  const agent = request.agent(server)
  await agent.post('/like').expect('1')
  await agent.post('/like').expect('2')
})

test('the recipe of a poll makes a middleware whose polls do not slide', async () => {
  const made: main.Sessions[] = []
  const own = { use: (sessionsOfSnippet: main.Sessions) => made.push(sessionsOfSnippet) }
  await run(snippetWith('slide:'), { app: own, session: main.session })
  expect(made).toHaveLength(1)
  await made[0]?.close()
})

test('the recipe of saying something once says it once', async () => {
  app.use(sessions)
  await run(snippetWith('take('), { app })
  const agent = request.agent(server)
  await agent.post('/profile').expect(302)
  await agent.get('/profile').expect('Saved.')
  await agent.get('/profile').expect('Your profile')
})

test('the recipe of WebSockets saves by hand on an upgrade', async () => {
  await run(snippetWith("server.on('upgrade'"), { server, sessions })
  const cookie = await testing.cookieFor(sessions, { userId: 7 })
  const saved = new Promise<readonly string[]>((resolve) => sessions.on('changed', ({ keys }) => resolve(keys)))
  const serverSide = new Promise<{ destroy(): unknown }>((resolve) => server.once('connection', resolve))
  const { port } = server.address() as AddressInfo
  const { connect } = await import('node:net')
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: ${cookie.header}\r\n\r\n`)
  expect(await saved).toEqual(['lastSocketAt'])
  ;(await serverSide).destroy()
  socket.destroy()
})

test('the recipe of rotating the secret accepts the old one', async () => {
  const made: main.Sessions[] = []
  await run(snippetWith('NEW_SECRET'), { app: { use: (each: main.Sessions) => made.push(each) }, session: main.session })
  expect(made).toHaveLength(1)
  await made[0]?.close()
})

test('the recipe of testing behind a login reaches the page', async () => {
  app.use(sessions)
  app.get('/account', (req, res) => void res.status(req.session.get('userId') === 7 ? 200 : 401).end())
  await run(snippetWith('cookieFor('), { app: server, sessions, request })
})

test('the recipe of going on without sessions does so in the shop, and nowhere else', async () => {
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

test('the recipe of listening names events that exist', async () => {
  await run(snippetWith("sessions.on('ended'"), { sessions, console: { log: () => {}, warn: () => {}, error: () => {} } })
  const named = /Events: (.*?)\. A/.exec(readme)?.[1]?.match(/\w+/g) ?? []
  expect(named).toContain('storeError')
  const emitter = new SessionEmitter()
  for (const name of named) expect(emitter.on(name as main.SessionEventName, () => {})).toBeInstanceOf(Function)
})

test('the recipe of an own store runs the whole suite that is exported', async () => {
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

test('the table of errors names every class and its code', () => {
  for (const [name, value] of Object.entries(errors))
    if (/.Error$/.test(name) && name !== 'SessionError' && typeof value === 'function') expect(readme).toContain(`\`${name}\``)
})

test('the table of options names every option with its default', () => {
  const source = readFileSync('lib/resolve-options.ts', 'utf8')
  const own = /const OWN[^']*'([^']+)'/.exec(source)?.[1]?.split(',') ?? []
  expect(own.length).toBeGreaterThan(10)
  for (const option of own) expect(readme).toMatch(new RegExp(`^\\| \`${option}\` \\|`, 'm'))
})
