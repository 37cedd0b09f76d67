// A socket lives no longer than its session, wherever and however that ends; and what happens on a socket by itself does not keep it alive.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type MemcachedServer, startMemcached } from '../servers/memcached.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { connect, hangUp, type Live, refused } from './sockets-kit.js'
import { type Chat, startChat, type Visitor, visitorFixtures } from './support.js'

const STORES = ['memory', 'redis', 'memcache', 'cookie'] as const
/** Where sessions can be found by user. */
const WITH_DEVICES = ['memory', 'redis'] as const

let redis: RedisServer
let memcached: MemcachedServer
let chats: Readonly<Record<(typeof STORES)[number], Chat>>

beforeAll(async () => {
  redis = await startRedis()
  memcached = await startMemcached()
  const [memory, inRedis, memcache, cookie] = await Promise.all([
    startChat(),
    startChat({ SESSION_STORE: redis.url }),
    startChat({ SESSION_STORE: `memcache://${memcached.address}` }),
    startChat({ SESSION_STORE: 'cookie' }),
  ])
  chats = { memory, redis: inRedis, memcache, cookie }
})
afterAll(async () => {
  await Promise.all(Object.values(chats).map((chat) => chat.stop()))
  await redis.stop()
  await memcached.stop()
})
afterEach(hangUp)

/** The same person on another device. */
async function anotherDevice(visitor: Visitor): Promise<Visitor> {
  const device = visitor.copy()
  device.jar.clear()
  expect((await device.logIn()).status).toBe(303)
  return device
}

/** What the socket was told at its end, and that it was closed within a second of what `cause` was answered with. */
async function endOf(live: Live, cause: () => Promise<unknown>, within = 1000): Promise<string> {
  await cause()
  const answered = performance.now()
  const { reason } = await live.heard<{ reason: string }>('bye')
  await live.heard('disconnect')
  expect((live.log.at(-1)?.at ?? 0) - answered).toBeLessThan(within)
  return reason
}

/** Sends a form of the package's pages. */
async function submit(visitor: Visitor, page: string, path: string, fields: Readonly<Record<string, string>> = {}): Promise<void> {
  const [, token = ''] = /name="token" value="([^"]+)"/.exec((await visitor.get(page)).text) ?? []
  const answer = await visitor.send('POST', path, {}, new URLSearchParams({ token, ...fields }))
  expect(answer.status).toBe(303)
}

function handleOf(visitor: Visitor): string {
  return visitor.jar.get('sid')?.split('.')[0] ?? ''
}

describe.each(STORES)('with sessions in %s', (name) => {
  const [ann] = visitorFixtures(['Ann'], () => chats[name])

  test('signing out in one tab closes the sockets of all its tabs, and not those of another device', async () => {
    const tab = await anotherDevice(ann)
    const before = tab.copy()
    const [one, two, other] = [await connect(tab), await connect(tab), await connect(ann)]
    const [first, second] = await Promise.all([endOf(one, () => tab.logOut()), endOf(two, async () => {})])
    expect([first, second, other.socket.connected]).toEqual(['signedOut', 'signedOut', true])
    expect(await refused(tab)).toMatchObject({ status: 401 })
    // A copy of a sealed cookie outlives the sign-out: the README's table of stores says so.
    if (name === 'cookie') await connect(before)
    else expect(await refused(before)).toMatchObject({ status: 401 })
  })

  test('a new token closes the socket, for the browser to come back with it; the old one is refused', async () => {
    const before = ann.copy()
    const live = await connect(ann)
    const reason = await endOf(live, () => ann.form('/password/confirm', { current: ann.password }))
    expect(reason).toBe('rotated')
    await connect(ann)
    if (name !== 'cookie') expect(await refused(before)).toMatchObject({ status: 401 })
  })

  test('what an ended session says is not heard: nothing revives it', async () => {
    const device = await anotherDevice(ann)
    const [live, watching] = [await connect(device), await connect(ann)]
    const told = async (n: number): Promise<boolean> => (await live.send(`number ${n}`).catch(() => ({ ok: false }))).ok
    const before = await told(0)
    const [, ...during] = await Promise.all([device.logOut(), told(1), told(2)])
    const after = await told(3)
    await watching.send('the end')
    await watching.message('the end')
    expect([before, after]).toEqual([true, false])
    expect(watching.texts).toEqual([...[before, ...during].flatMap((ok, n) => (ok ? [`number ${n}`] : [])), 'the end'])
    expect(await refused(device)).toMatchObject({ status: 401 })
  })
})

describe.each(WITH_DEVICES)('where sessions can be found by user, in %s', (name) => {
  const [ann] = visitorFixtures(['Ann'], () => chats[name])

  test('signing out one device on the page of another closes its socket', async () => {
    const phone = await anotherDevice(ann)
    const [here, there] = [await connect(ann), await connect(phone)]
    expect(await endOf(there, () => submit(ann, '/devices', '/devices/end', { handle: handleOf(phone) }))).toBe('manager')
    expect(here.socket.connected).toBe(true)
  })

  test('signing out all others closes theirs and leaves the own one', async () => {
    const others = [await anotherDevice(ann), await anotherDevice(ann)]
    const here = await connect(ann)
    const there = await Promise.all(others.map((device) => connect(device)))
    const ending = submit(ann, '/devices/end-others', '/devices/end-others')
    expect(await Promise.all(there.map((live) => endOf(live, () => ending)))).toEqual(['manager', 'manager'])
    expect(here.socket.connected).toBe(true)
  })

  test('a change of the password closes the sockets of all other devices', async () => {
    const phone = await anotherDevice(ann)
    const there = await connect(phone)
    const next = `${ann.password} anew`
    const change = (): Promise<unknown> => ann.form('/password', { current: ann.password, next })
    expect(await endOf(there, change)).toBe('manager')
    ann.password = next
  })

  test('the sixth device closes the socket of the first', async () => {
    const bob = await chats[name].signUp('Bob')
    const first = await connect(bob)
    for (let n = 0; n < 4; n++) await anotherDevice(bob)
    expect(await endOf(first, () => anotherDevice(bob))).toBe('limit')
  })
})

describe('the clocks', () => {
  const clocks = { SESSION_EXPIRY: '3s', SESSION_MAX_LIFETIME: '6s', SESSION_WARN_BEFORE: '1s' }

  /** Says something every now and then until the connection is closed; resolves to how long that took, in milliseconds. */
  async function untilClosed(live: Live, event: string, content: unknown): Promise<number> {
    const began = performance.now()
    const closed = live.heard('disconnect')
    const saying = setInterval(() => live.socket.emit(event, content), 100)
    await closed
    clearInterval(saying)
    return (live.log.at(-1)?.at ?? 0) - began
  }

  test('end a socket within a second, whatever is read on it; writing moves the idle one, nothing the other', async () => {
    await Promise.all(['memory', redis.url].map(tryClocks))
  })

  async function tryClocks(store: string): Promise<void> {
    const chat = await startChat({ ...clocks, SESSION_STORE: store })
    try {
      const [ann, bob] = [chat.stranger(), chat.stranger()]
      const closed = async (visitor: Visitor, event: string, content: unknown): Promise<number> => {
        await visitor.register('Somebody')
        return untilClosed(await connect(visitor), event, content)
      }
      const [read, wrote] = await Promise.all([
        closed(ann, 'read', { room: 'everybody', id: 1 }),
        closed(bob, 'draft', { room: 'everybody', text: 'and on' }),
      ])
      expect(read).toBeLessThan(4000)
      expect(wrote).toBeGreaterThan(4000)
      expect(wrote).toBeLessThan(7000)
      expect([await refused(ann), await refused(bob)]).toMatchObject([{ status: 401 }, { status: 401 }])
    } finally {
      await chat.stop()
    }
  }
})

test('where the session travels in its cookie a socket saves no draft and says so, but tells the other tabs of it', async () => {
  const ann = await chats.cookie.signUp('Ann')
  const [here, there] = [await connect(ann), await connect(ann)]
  expect(await here.ask('draft', { room: 'everybody', text: 'half' })).toMatchObject({ ok: false, status: 501, code: 'NOT_SAVED' })
  expect(await there.heard('draft')).toEqual({ room: 'everybody', text: 'half' })
  expect(await here.send('whole')).toMatchObject({ ok: true })
  await there.message('whole')
})

test('a sign-out at another process closes the socket within two seconds where nothing tells of it', async () => {
  const env = { SESSION_STORE: `memcache://${memcached.address}`, DATABASE_URL: `file:${chats.memcache.folder}/chat.db` }
  const other = await startChat(env)
  try {
    const ann = await chats.memcache.signUp('Ann')
    const live = await connect(ann, { url: other.url })
    expect(await endOf(live, () => ann.logOut(), 2000)).toBe('rotated')
    expect(await refused(ann, { url: other.url })).toMatchObject({ status: 401 })
  } finally {
    await other.stop()
  }
})
