// How the Redis store is configured and how it connects; what it stores compressed.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type RedisStoreOptions, redisStore } from '../../stores/redis.js'
import { type RedisServer, type RedisServerOptions, startRedis } from '../servers/redis-server.js'
import { freePort } from '../servers/server-process.js'
import { inspector, record } from './redis-kit.js'

const PASSWORD = 'p@ss:w/rd'
let folder: string
let server: RedisServer
const afterwards: (() => unknown)[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steady-session-options-'))
  server = await startRedis()
})

afterEach(async () => {
  for (const work of afterwards.splice(0).reverse()) await work()
})

afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

const WRONG: readonly [string, unknown, RegExp][] = [
  ['an unknown option', { hosts: [] }, /^hosts: unknown option; the redis store takes client, url/],
  ['an unknown option of server', { server: { hots: 'x' } }, /^server\.hots: unknown option; server takes host, port/],
  ['a server that is no object', { server: 'localhost' }, /^server: expected an object/],
  ['a port that is none', { server: { port: 70_000 } }, /^server\.port: expected a port number/],
  ['a host that is no text', { server: { host: 1 } }, /^server\.host: expected a string/],
  ['TLS that is neither true nor options', { server: { tls: 'yes' } }, /^server\.tls: expected true/],
  ['options that are none', { server: { opts: 'x' } }, /^server\.opts: expected an object/],
  ['a URL of something else', { url: `http://u:${PASSWORD}@h` }, /^url: expected redis:\/\/host:port/],
  ['a URL with a port that is none', { url: `redis://u:${PASSWORD}@h:x` }, /^url: expected redis:\/\/host:port/],
  ['a URL with a database that is none', { url: `redis://u:hunter2@h/x` }, /^url: expected redis:\/\/host:port/],
  ['a URL with a login that cannot be decoded', { url: 'redis://u:%zz@h' }, /^url: expected .* percent-encoded$/],
  ['a URL without TLS, and TLS', { url: 'redis://h', server: { tls: true } }, /^server\.tls: the URL says redis:\/\//],
  ['a URL and a host', { url: 'redis://h', server: { host: 'h' } }, /^url: it names host and port/],
  ['a client and a URL', { client: { evalSha() {}, eval() {} }, url: 'redis://h' }, /^client: a client has its server already/],
  ['a client that is none', { client: { get() {} } }, /^client: expected a client of redis 5 or 6/],
  ['an empty namespace', { ns: '' }, /^ns: expected/],
  ['a size that is none', { compress: { above: -1 } }, /^compress: expected \{ above: 1024 \}/],
  ['a switch where a size is wanted', { compress: true }, /^compress: expected \{ above: 1024 \}/],
]

for (const [title, options, message] of WRONG) {
  test(`${title} is refused at start-up by its name, and no secret is shown`, () => {
    const open = () => redisStore(options as RedisStoreOptions)
    expect(open).toThrow(TypeError)
    expect(open).toThrow(message)
    expect(open).not.toThrow(PASSWORD)
  })
}

test('options may be left undefined', async () => {
  const store = redisStore({
    url: undefined,
    ns: undefined,
    compress: undefined,
    server: { host: undefined, port: server.port, tls: undefined },
  })
  await works(store)
})

test('the password stands in auth, in the URL, or in a file', async () => {
  const guarded = await ownServer({ config: { requirepass: PASSWORD } })
  const file = join(folder, 'password')
  writeFileSync(file, `${PASSWORD}\n`)
  const ways: RedisStoreOptions[] = [
    { server: { port: guarded.port, auth: PASSWORD } },
    { url: `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${guarded.port}` },
    { server: { port: guarded.port, passwordFile: file } },
    { url: guarded.url, server: { passwordFile: file } },
    { url: guarded.url, server: { auth: PASSWORD } },
  ]
  for (const options of ways) await works(redisStore(options))
})

test('a password file is read anew for each connection', async () => {
  const guarded = await ownServer({ config: { requirepass: 'first' } })
  const file = join(folder, 'changing')
  writeFileSync(file, 'first')
  const store = redisStore({ server: { port: guarded.port, passwordFile: file } })
  afterwards.push(() => store.close())
  await store.ready()
  const admin = await looksInto(`redis://:first@127.0.0.1:${guarded.port}`)
  await admin.configSet('requirepass', 'second')
  writeFileSync(file, 'second')
  await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
  await store.ready().catch(() => {})
  await store.ready()
  await store.create(record())
})

test('a wrong password is told at once, without the password', async () => {
  const guarded = await ownServer({ config: { requirepass: PASSWORD } })
  for (const options of [{ server: { port: guarded.port, auth: 'wrong' } }, { url: guarded.url }]) {
    const store = redisStore(options)
    afterwards.push(() => store.close())
    await expect(store.ready()).rejects.toMatchObject({
      message: expect.stringMatching(/^session store: connect was refused: user, password or/),
    })
  }
})

test('a password file that is not there is told at once', async () => {
  const store = redisStore({ server: { port: server.port, passwordFile: join(folder, 'none') } })
  afterwards.push(() => store.close())
  await expect(store.ready()).rejects.toThrow('session store: connect failed: server.passwordFile cannot be read')
})

test('options of the driver reach it: a database of its own', async () => {
  await works(redisStore({ server: { port: server.port, opts: { database: 3 } } }), async () => {
    const redis = await looksInto(`${server.url}/3`)
    expect(await redis.dbSize()).toBe(1)
  })
})

test('TLS: the certificate is checked against the CA that is given, and refused without one', async () => {
  const { key, cert } = selfSigned()
  const port = await freePort()
  await ownServer({ config: { 'tls-port': String(port), 'tls-cert-file': cert, 'tls-key-file': key, 'tls-auth-clients': 'no' } })
  const ca = readFileSync(cert)
  await works(redisStore({ server: { host: 'localhost', port, tls: { ca } } }))
  await works(redisStore({ url: `rediss://localhost:${port}`, server: { tls: { ca } } }))
  const unknown = redisStore({ server: { host: 'localhost', port, tls: true } })
  afterwards.push(() => unknown.close())
  await expect(unknown.ready()).rejects.toThrow('session store: connect was refused: the certificate of the server is not trusted')
})

test('nothing that an inspector sees of a store holds the password', async () => {
  const guarded = await ownServer({ config: { requirepass: PASSWORD } })
  const store = redisStore({ server: { port: guarded.port, auth: PASSWORD } })
  await works(store, () => expect(inspect(store, { depth: 20, showHidden: true }) + JSON.stringify(store)).not.toContain(PASSWORD))
})

test('closing a store twice, or before it was ready, harms nobody; then it takes no calls', async () => {
  const store = redisStore({ url: server.url })
  const ready = store.ready().catch((error: unknown) => error)
  await store.close()
  await ready
  await store.close()
  await expect(store.ready()).rejects.toThrow('the store was closed')
  await expect(store.create(record())).rejects.toMatchObject({ unknown: false })
})

test('a store that cannot reach its server can be closed', async () => {
  const store = redisStore({ server: { port: await freePort() } })
  const ready = store.ready().catch((error: unknown) => error)
  await store.close()
  expect(await ready).toMatchObject({ message: 'session store: connect failed: the store was closed' })
})

test('a long value is stored compressed, a short one and one that would not get shorter as it is', async () => {
  const long = JSON.stringify('steady '.repeat(1000))
  const random = Array.from({ length: 20 }, (_, n) => createHash('sha256').update(`${n}`).digest('base64url')).join('')
  const redis = await looksInto(server.url)
  const store = redisStore({ url: server.url, compress: { above: 600 } })
  await works(store, async () => {
    const { token, handle } = await store.create(record({}, { long, short: '"x"', random }))
    const stored = await redis.hGetAll(`sess:${handle}`)
    expect(stored['v:long']?.length).toBeLessThan(long.length / 10)
    expect([stored['v:short'], stored['v:random']]).toEqual(['"x"', random])
    expect(await store.load(token, { slide: false })).toMatchObject({ values: { long, short: '"x"', random } })
    expect(await store.update(token, { expect: { long: `${long} ` } })).toEqual({ outcome: 'conflict' })
    expect(await store.update(token, { expect: { long }, set: { other: '1' } })).toMatchObject({ outcome: 'saved' })
  })
})

test('what one store compressed another reads, expects and writes, whatever its setting', async () => {
  const long = 'x'.repeat(5000)
  const [packing, plain] = [redisStore({ url: server.url, compress: { above: 100 } }), redisStore({ url: server.url })]
  await works(packing, () =>
    works(plain, async () => {
      const { token } = await packing.create(record({}, { long }))
      expect(await plain.load(token, { slide: false })).toMatchObject({ values: { long } })
      expect(await plain.update(token, { expect: { long }, set: { next: long } })).toMatchObject({ outcome: 'saved' })
      expect(await packing.update(token, { expect: { next: long } })).toMatchObject({ outcome: 'saved' })
    }),
  )
})

test('a compressed value that is damaged or a bomb is an error, not a wrong value', async () => {
  const redis = await looksInto(server.url)
  const store = redisStore({ url: server.url, compress: { above: 100 } })
  await works(store, async () => {
    const bomb = await store.create(record({}, { a: 'x'.repeat(17 * 1024 * 1024) }))
    await expect(store.load(bomb.token, { slide: false })).rejects.toThrow('found a compressed value that is damaged')
    const { token, handle } = await store.create(record({}, { a: 'x'.repeat(1000) }))
    const stored = await redis.hGet(`sess:${handle}`, 'v:a')
    await redis.hSet(`sess:${handle}`, 'v:a', `${stored?.slice(0, 50)}AAAA`)
    await expect(store.load(token, { slide: false })).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', unknown: false })
  })
})

/** The store connects, keeps a session, and is closed afterwards. */
async function works(store: ReturnType<typeof redisStore>, check: () => unknown = () => {}): Promise<void> {
  try {
    await store.ready()
    const { token, handle } = await store.create(record())
    expect(await store.load(token, { slide: true })).toMatchObject({ handle })
    await check()
  } finally {
    await store.close()
  }
}

async function looksInto(url: string) {
  const redis = await inspector(url)
  afterwards.push(() => redis.destroy())
  return redis
}

async function ownServer(options: RedisServerOptions): Promise<RedisServer> {
  const own = await startRedis(options)
  afterwards.push(() => own.stop())
  return own
}

function selfSigned(): { key: string; cert: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', ...subject]
  execFileSync('openssl', [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { key, cert }
}
