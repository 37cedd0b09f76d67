// Every snippet of the README runs; the tables name what exists.
import { EventEmitter } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createServer, IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { transformSync } from '@swc/core'
import express from 'express'
import * as expressSession from 'express-session'
import { pino } from 'pino'
import * as promClient from 'prom-client'
import { createClient } from 'redis'
import request from 'supertest'
import * as auth from '../auth/index.js'
import * as errors from '../lib/errors.js'
import { SessionEmitter } from '../lib/events.js'
import * as main from '../lib/index.js'
import { audit } from '../ops/audit.js'
import { metrics } from '../ops/metrics.js'
import * as pages from '../pages/index.js'
import * as testing from '../testing/index.js'
import { recordIn } from './ops/kit.js'
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
    'steady-session/auth': auth,
    'steady-session/pages': pages,
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
  expect(snippets).toHaveLength(34)
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
  await run(snippetWith("app.post('/logout',"), { app, findUser })
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

test('the recipe of a login sends strangers away and brings them back, and asks for the password again', async () => {
  app.use(sessions)
  app.post('/login', async (req, res) => (await req.session.signIn(7), res.redirect(auth.returnTo(req))))
  const isPasswordOf = async (userId: number, password: string) => userId === 7 && password === 'right'
  await run(snippetWith('requireFresh('), { app, isPasswordOf })
  app.get('/account', (_req, res) => void res.send('Your account'))
  const agent = request.agent(server)
  await agent.get('/account').expect(401)
  const away = await agent.get('/account').set('Accept', 'text/html').expect('Location', '/login?returnTo=%2Faccount')
  await agent.post(String(away.headers['location'])).expect('Location', '/account')
  await agent.get('/account').expect('Your account')
  await agent.post('/account/delete').expect('Deleted.')
  await agent.post('/confirm').send('password=wrong').expect(401)
  await agent.post('/confirm?returnTo=//evil.example').send('password=right').expect('Location', '/')
})

test('the recipe of a second factor signs in after both, and after no more than five attempts', async () => {
  app.use(sessions)
  const findUser = async (_email: string, password: string) => (password === 'right' ? { id: 7 } : null)
  const isCodeOf = async (_userId: number, code: string) => code === '123456'
  await run(snippetWith('beginSignIn('), { app, findUser, isCodeOf })
  app.get('/account', auth.requireLogin(), (_req, res) => void res.send('Your account'))
  const agent = request.agent(server)
  await agent.post('/login/code').send('code=123456').expect('Location', '/login')
  await agent.post('/login/password').send('password=wrong').expect(401)
  const step = await agent.post('/login/password?returnTo=/account').send('password=right').expect(302)
  expect(step.headers['location']).toBe('/login/code?returnTo=%2Faccount')
  await agent.get('/account').expect(401)
  await agent.post('/login/code').send('code=000000').expect(401)
  await agent.post(String(step.headers['location'])).send('code=123456').expect('Location', '/account')
  await agent.get('/account').expect('Your account')
  await agent.post('/login/password').send('password=right')
  for (let attempt = 0; attempt < 5; attempt++) await agent.post('/login/code').send('code=000000').expect(401)
  await agent.post('/login/code').send('code=123456').expect(401)
})

test('the recipe of signing out everywhere ends the sessions of the user', async () => {
  const holder: { sessions?: main.Sessions } = {}
  const snippet = `${snippetWith('logout-everywhere')}\nholder.sessions = sessions`
  await run(snippet, { app, session: main.session, holder })
  const mine = holder.sessions as main.Sessions
  const [one, two] = [await testing.cookieFor(mine, { userId: 7 }), await testing.cookieFor(mine, { userId: 7 })]
  expect((await request(server).get('/devices').set('Cookie', one.header)).body).toHaveLength(2)
  expect((await request(server).post('/logout-everywhere').set('Cookie', one.header)).text).toBe('2 sessions ended')
  expect(await mine.count({ user: 7 })).toBe(0)
  expect(two.header).not.toBe(one.header)
  await mine.close()
})

test('the recipe of limiting ends the sixth session', async () => {
  const made: main.Sessions[] = []
  await run(snippetWith('perUser: 5'), { app: { use: (each: main.Sessions) => void made.push(each) }, session: main.session })
  const [limited] = made as [main.Sessions]
  own.use(limited)
  app.get('/in', async (req, res) => void (await req.session.signIn(7), res.end()))
  for (let n = 0; n < 6; n++) await request(server).get('/in').expect(200)
  expect(await limited.count({ user: 7 })).toBe(5)
})

test('the recipe of denying answers the second sign-in with a 409', async () => {
  await run(snippetWith("onExceed: 'deny_new'"), {
    app: { ...own, post: app.post.bind(app) },
    session: main.session,
    userIdOf: async () => 7,
  })
  await request(server).post('/login').expect(302)
  await request(server)
    .post('/login')
    .expect(409, /signed in elsewhere/)
})

test('the recipe of looking after sessions ends them all', async () => {
  app.use(sessions)
  for (let n = 0; n < 3; n++) await testing.cookieFor(sessions, { userId: 7 })
  await run(snippetWith('sessions.sweepIdle'), { sessions })
  expect(await sessions.count({})).toBe(0)
})

test('the recipe of pages shows a user the own devices and an administrator all, and has its screenshots', async () => {
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

test('the section on the example application names what exists: screenshots, files, and the variables of config.js', () => {
  const [section = ''] = /^## The example application$[\s\S]*?^## /m.exec(readme) ?? []
  expect(screenshots(/<img src="([^"]+\/chat-[^"]+)"/g)).toBe(8)
  const files = [...section.matchAll(/\]\(((?:example-app|compose)[^)]*)\)/g)].map(([, path]) => path as string)
  expect(files.length).toBeGreaterThan(8)
  for (const path of files) expect([path, statSync(path, { throwIfNoEntry: false }) !== undefined]).toEqual([path, true])
  const rows = [...section.matchAll(/^\| (`[A-Z_`, ]+`) \|/gm)].flatMap(([, names]) => (names as string).match(/[A-Z_]+/g) ?? [])
  const read = ['config', 'cluster'].map((name) => readFileSync(`example-app/${name}.js`, 'utf8')).join()
  for (const name of rows) expect([name, new RegExp(`\\b${name}\\b`).test(read)]).toEqual([name, true])
  expect(rows).toContain('SESSION_STORE')
})

/** How many there are; none weighs much. */
function screenshots(pattern: RegExp): number {
  const sizes = [...readme.matchAll(pattern)].map(([, path]) => statSync(path as string).size)
  for (const size of sizes) expect(size).toBeLessThan(150_000)
  return sizes.length
}

test('the recipe of binding leaves a session unused that comes from another network', async () => {
  app.set('trust proxy', 1)
  await run(snippetWith('bind:'), { app: own, session: main.session })
  app.get('/user', (req, res) => void res.send(String(req.session.get('userId') ?? 'nobody')))
  app.get('/login', async (req, res) => (await req.session.signIn('ann'), res.end()))
  const agent = request.agent(server)
  await agent.get('/login').set('X-Forwarded-For', '192.0.2.7')
  await agent.get('/user').set('X-Forwarded-For', '192.0.2.8').set('User-Agent', 'another').expect('ann')
  await agent.get('/user').set('X-Forwarded-For', '198.51.100.1').expect('nobody')
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
  await run(snippetWith('slide: (req)'), { app: own, session: main.session })
  expect(made).toHaveLength(1)
  await made[0]?.close()
})

test('the recipe of warning serves the status and the script of the page, which names what the script has', async () => {
  const made: main.Sessions[] = []
  const use = (...parts: never[]) => void (app.use(...parts), parts.length === 1 && made.push(parts[0] as never))
  await run(snippetWith('warnBefore:'), { app: { use }, session: main.session })
  const [mine] = made as [main.Sessions]
  const { header } = await testing.cookieFor(mine, { userId: 7 })
  const { body } = await request(server).get('/session/status').set('Cookie', header).expect(200)
  expect(body).toMatchObject({ signedIn: true, secondsLeft: 900, warnBefore: 120 })
  const told = /`GET \/session\/status` is JSON: (.*?) and more/.exec(readme)?.[1] ?? ''
  for (const [, name = ''] of told.matchAll(/`(\w+)`/g)) expect(body).toHaveProperty(name)
  await request(server).get('/session/client.js').expect(200)
  const watched: Record<string, unknown>[] = []
  const client = { watchSession: (options: Record<string, unknown>) => watched.push(options) }
  await run(snippetWith('watchSession('), { require: (name: string) => (name === '/session/client.js' ? client : undefined) })
  expect(watched).toEqual([{ dialog: true, onEnded: expect.any(Function) }])
  await mine.close()
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

test('the recipe of Socket.IO closes a connection whose session has ended, at its next event', async () => {
  const io = new EventEmitter()
  await run(snippetWith("io.on('connection'"), { io, sessions })
  const { header } = await testing.cookieFor(sessions, { userId: 7 })
  const upgrade = Object.assign(new IncomingMessage(new Socket()), { url: '/', headers: { cookie: header } })
  const disconnect = jest.fn()
  let said: () => Promise<void> = async () => {}
  io.emit('connection', { request: upgrade, disconnect, onAny: (listener: typeof said) => (said = listener) })
  await said()
  expect(disconnect).not.toHaveBeenCalled()
  await (await sessions.of(upgrade)).signOut()
  await said()
  expect(disconnect).toHaveBeenCalledWith(true)
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

test('the recipe of an audit trail keeps one, and the line that it shows is one that the schema allows', async () => {
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
  await run(snippetWith("sessions.on('ended'"), { sessions, console: { log: () => {}, warn: () => {}, error: () => {} } })
  const named = /Events: ([\s\S]*?)\. A/.exec(readme)?.[1]?.match(/\w+/g) ?? []
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
