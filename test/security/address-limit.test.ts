import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type LimitOptions, memoryStore, redisStore, type SessionStore, session } from '../../lib/index.js'
import { anyRedis } from '../servers/redis-server.js'
import { Browser } from '../support/browser.js'
import { FRAMEWORKS, type Framework, SECRET, type Site, siteOpener } from '../support/site.js'
import { route } from './kit.js'

const openSite = siteOpener()
let redis: Awaited<ReturnType<typeof anyRedis>>

beforeAll(async () => {
  redis = await anyRedis()
})
afterAll(() => redis.stop())

const ROUTES = {
  '/set': route((held) => held.set('n', 1)),
  '/in': route((held) => held.signIn('ann')),
  '/nothing': route(() => 'nothing'),
}

const limits: LimitOptions = { perAddress: { max: 3, window: '1h' } }

async function open(store: SessionStore, framework: Framework = 'Express 5'): Promise<Site> {
  return openSite({ framework, options: { store, limits }, routes: ROUTES })
}

async function statusOf({ port }: Site, path: string): Promise<number> {
  return (await new Browser(port).get(path)).status
}

describe.each(Object.keys(FRAMEWORKS) as Framework[])('the limit of new sessions per address on %s', (framework) => {
  test('lets an address make so many and answers the next with 429, and no cookie', async () => {
    const site = await open(memoryStore(), framework)
    expect([await statusOf(site, '/set'), await statusOf(site, '/in'), await statusOf(site, '/set')]).toEqual([200, 200, 200])
    const { status, setCookie } = await new Browser(site.port).get('/set')
    expect([status, setCookie, site.count('created')]).toEqual([429, [], 3])
    expect(site.errors).toMatchObject([{ code: 'ERR_SESSION_LIMIT', limit: 'perAddress', status: 429 }])
  })

  test('counts neither pages without a session nor requests that have one', async () => {
    const site = await open(memoryStore(), framework)
    for (let n = 0; n < 5; n++) expect(await statusOf(site, '/nothing')).toBe(200)
    const browser = new Browser(site.port)
    for (let n = 0; n < 5; n++) expect((await browser.get(n % 2 === 0 ? '/set' : '/in')).status).toBe(200)
  })
})

describe('the limit of new sessions per address', () => {
  test('holds over all processes on one Redis, and its keys have a TTL and lie in the namespace', async () => {
    const ns = `address-${process.pid}:`
    const stores = [redisStore({ url: redis.url, ns }), redisStore({ url: redis.url, ns })]
    const [one, two] = [await open(stores[0] as SessionStore), await open(stores[1] as SessionStore)]
    const statuses = [await statusOf(one, '/set'), await statusOf(two, '/in'), await statusOf(one, '/set'), await statusOf(two, '/set')]
    expect(statuses).toEqual([200, 200, 200, 429])
    expect(await one.sessions.count({})).toBe(3)
  })

  test('takes a limiter that the application has', async () => {
    const asked: string[] = []
    const limiter = { consume: async (key: string) => (asked.push(key) > 1 ? Promise.reject({ msBeforeNext: 1 }) : undefined) }
    const site = await openSite({
      framework: 'Express 5',
      options: { limits: { perAddress: { max: 1, window: 60, limiter } } },
      routes: ROUTES,
    })
    expect([await statusOf(site, '/set'), await statusOf(site, '/set'), asked]).toEqual([200, 429, ['127.0.0.1', '127.0.0.1']])
  })

  test('that cannot be counted is an error of the store, and makes no session', async () => {
    const limiter = { consume: () => Promise.reject(new Error('down')) }
    const site = await openSite({
      framework: 'Express 5',
      options: { limits: { perAddress: { max: 1, window: 60, limiter } } },
      routes: ROUTES,
    })
    expect([await statusOf(site, '/set'), site.count('created'), site.count('storeError')]).toEqual([503, 0, 1])
  })

  test.each([
    [{ perAddress: 5 }, /^limits.perAddress: expected an object/],
    [{ perAddress: { max: 0, window: 60 } }, /^limits.perAddress.max: expected a positive whole number/],
    [{ perAddress: { max: 1, window: '60' } }, /^limits.perAddress.window: '60' has no unit/],
    [{ perAddress: { max: 1, window: 60, limiter: {} } }, /^limits.perAddress.limiter: expected a limiter/],
    [{ perUser: 0 }, /^limits.perUser: expected a positive whole number/],
    [{ perUsers: 1 }, /^limits.perUsers: unknown option/],
    [{ perUser: 1, onExceed: 'explode' }, /^limits.onExceed: expected a function or one of/],
    [5, /^limits: expected an object/],
  ])('refuses wrong options by their name: %j', (given, message) => {
    expect(() => session({ secret: SECRET, limits: given as never })).toThrow(message)
  })

  test('is refused per user where the store cannot find sessions by user', () => {
    expect(() => session({ secret: SECRET, store: 'cookie', limits: { perUser: 5 } })).toThrow(
      /^limits.perUser: the cookie store cannot find sessions/,
    )
  })
})
