// The audit trail over whole requests: what happens is told, with its reason, who and from where; and nothing else (T-34 to T-36, T-49).
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { memoryStore, redisStore, type SessionOptions, type SessionStore } from '../../lib/index.js'
import { type AuditRecord, audit } from '../../ops/audit.js'
import { clockAt, DAY } from '../lib/harness.js'
import { anyRedis } from '../servers/redis-server.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { type Handler, type Routes, SECRET, type Site, siteOpener } from '../support/site.js'
import { type Trail, trail } from './kit.js'

const open = siteOpener()
let redis: Awaited<ReturnType<typeof anyRedis>>

beforeAll(async () => {
  redis = await anyRedis()
})
afterAll(() => redis.stop())

const AGENT = { 'user-agent': 'Mozilla/5.0 (test)' }

interface Audited extends Site {
  readonly kept: Trail
  /** Writes what waits. */
  stop(): Promise<void>
}

async function site(options: SessionOptions, routes: (sessions: () => Site['sessions']) => Routes): Promise<Audited> {
  const opened: { site?: Site } = {}
  const made = await open({ framework: 'Express 5', options, routes: routes(() => (opened.site as Site).sessions) })
  opened.site = made
  const kept = trail()
  return Object.assign(made, { kept, stop: audit(made.sessions, { destination: kept }) })
}

const act = (work: Handler): Handler => {
  return async (request, response) => {
    await work(request, response)
    response.end()
  }
}

const ROUTES = (sessions: () => Site['sessions']): Routes => ({
  '/set': act(({ session }) => session.set({ cart: 'a-value-of-the-data', size: 1 })),
  '/in': act(({ session }) => session.signIn('ann')),
  '/read': act(({ session }) => void session.get('cart')),
  '/out': act(({ session }) => session.signOut()),
  '/destroy': act(({ session }) => session.destroy()),
  '/regenerate': act(({ session }) => session.regenerate()),
  '/late': act(async ({ session }) => {
    await sessions().end(session.info.handle as string)
    session.set('cart', 'too late')
  }),
  '/stream': async (request, response) => {
    request.session.set('cart', 'x')
    response.write('some')
    await new Promise((resolve) => setTimeout(resolve, 20))
    response.end('more')
  },
})

/** Everything that a request can cause, on any server store. */
async function visitAll(store: FaultyStore): Promise<{ readonly told: string[]; readonly kept: Trail; readonly secrets: string[] }> {
  const { port, kept, stop, sessions, errors } = await site({ store, bind: { userAgent: 'exact' } }, ROUTES)
  const secrets: string[] = []
  const visitor = (): Browser & { go(path: string, headers?: Record<string, string>): Promise<unknown> } => {
    const browser = new Browser(port)
    return Object.assign(browser, {
      go: async (path: string, headers: Record<string, string> = {}) => {
        await browser.get(path, { ...AGENT, ...headers }).catch(() => {})
        for (const value of browser.cookies.values()) secrets.push(value)
      },
    })
  }
  const [ann, bob, eve] = [visitor(), visitor(), visitor()]
  await ann.go('/set')
  const old = ann.copy()
  await ann.go('/in')
  await old.get('/read', AGENT)
  await ann.go('/set')
  await ann.go('/read', { 'user-agent': 'another' })
  await bob.go('/set')
  await eve.go('/read', { cookie: `sid=${[...ann.cookies.values()][0]}; sid=${[...bob.cookies.values()][0]}` })
  await bob.go('/late')
  await bob.go('/read')
  await eve.go('/read', { cookie: 'sid=forged.token.signature' })
  await ann.go('/regenerate')
  await ann.go('/set')
  store.fail('load', 'reject')
  await ann.go('/read')
  store.fail('update', 'reject')
  await ann.go('/stream')
  await ann.go('/destroy')
  await eve.go('/in')
  await eve.go('/out')
  expect(errors.length).toBeGreaterThan(0)
  await stop()
  expect(await sessions.list({ user: 'ann' })).toMatchObject({})
  return { told: kept.told(), kept, secrets }
}

const BY_REQUESTS = [
  'created', // ann
  'rotated',
  'signedIn',
  'reuse',
  'changed',
  'mismatch',
  'created', // bob
  'ended:manager',
  'gone',
  'ended:regenerated',
  'created',
  'ended:destroyed',
  'created', // eve
  'signedIn',
  'ended:signedOut',
]
/** One line for each window, at its end. */
const IN_BURSTS = [
  'rejected:mismatch',
  'rejected:several',
  'rejected:unknown',
  'rejected:signature',
  'storeError',
  'storeError',
  'commitFailed',
]

describe.each<[string, () => SessionStore]>([
  ['memory', () => memoryStore()],
  ['redis', () => redisStore({ url: redis.url, ns: `audit-${process.pid}:` } as never)],
])('on the %s store', (_, store) => {
  test('a scripted visit is told event by event, and each line is one that the schema allows', async () => {
    const { told } = await visitAll(new FaultyStore(store()))
    expect(told).toEqual([...BY_REQUESTS, ...IN_BURSTS])
  })

  test('no line holds a verifier, a cookie, a value of the data, or what the backend said', async () => {
    const { kept, secrets } = await visitAll(new FaultyStore(store()))
    const text = kept.lines.join('')
    const parts = secrets.flatMap((cookie) => decodeURIComponent(cookie).split('.').slice(1))
    expect(parts.length).toBeGreaterThan(10)
    for (const part of [...parts, 'a-value-of-the-data', 'hunter2', 'ECONNREFUSED', SECRET]) expect(text).not.toContain(part)
  })
})

describe('a line', () => {
  test('says who, from where, and which keys changed', async () => {
    const { port, kept, stop } = await site({}, ROUTES)
    const ann = new Browser(port)
    await ann.get('/in', AGENT)
    await ann.get('/set', AGENT)
    await stop()
    const handle = [...ann.cookies.values()][0]?.split('.', 1)[0]
    const from = { handle, user: 'ann', address: '127.0.0.1', agent: 'Mozilla/5.0 (test)', level: 'info' }
    expect(kept.records()).toEqual([
      { event: 'created', ...from, time: expect.any(String) },
      { event: 'signedIn', ...from, time: expect.any(String) },
      { event: 'changed', keys: ['cart', 'size'], ...from, time: expect.any(String) },
    ])
  })

  test('tells which clock ran out, and who had to make room, where the store can tell', async () => {
    const clock = clockAt(Date.now())
    const store = memoryStore({ max: 2, clock })
    const { port, kept, stop } = await site({ store, expiry: '1d', maxLifetime: '2d' }, ROUTES)
    const [one, two, three] = [new Browser(port), new Browser(port), new Browser(port)]
    for (const browser of [one, two, three]) await browser.get('/set')
    clock.now += 0.9 * DAY
    await two.get('/read')
    clock.now += 0.9 * DAY
    await two.get('/read')
    store.sweepExpired()
    clock.now += 0.9 * DAY
    store.sweepExpired()
    await stop()
    expect(kept.told().filter((each) => each.startsWith('ended'))).toEqual(['ended:evicted', 'ended:expiredIdle', 'ended:expiredAbsolute'])
  })

  test('tells who was denied another session, and whose ended for it', async () => {
    const denying = await site({ limits: { perUser: 1, onExceed: 'deny_new' } } as SessionOptions, ROUTES)
    const ending = await site({ limits: { perUser: 1 } } as SessionOptions, ROUTES)
    for (const { port, stop } of [denying, ending]) {
      for (let visitor = 0; visitor < 2; visitor++) await new Browser(port).get('/in')
      await stop()
    }
    expect(denying.kept.records().at(-1)).toMatchObject({ event: 'limitDenied', reason: 'perUser', user: 'ann', level: 'warn' })
    expect(ending.kept.told()).toContain('ended:limit')
  })

  test('names the request as pino-http does, or as it is told to', async () => {
    const routes: Routes = { '/set': ROUTES(() => undefined as never)['/set'] as Handler }
    const named: AuditRecord[] = []
    for (const requestId of [undefined, () => 7, () => 'line\nfeed', () => ({}), () => Promise.reject]) {
      const { port, sessions } = await open({ framework: 'Express 5', options: {}, routes })
      const kept = trail()
      const stop = audit(sessions, { destination: kept, ...(requestId === undefined ? {} : { requestId }) })
      await new Browser(port).get('/set')
      await stop()
      named.push(...kept.records())
    }
    expect(named.map(({ requestId }) => requestId)).toEqual([undefined, '7', 'line\\u{a}feed', undefined, undefined])
  })
})

describe('a burst', () => {
  test('of 1,000 forged cookies is one line, and memory stays flat', async () => {
    const { port, kept, stop } = await site({}, ROUTES)
    const before = process.memoryUsage().heapUsed
    const visits = Array.from({ length: 1000 }, (_, n) => new Browser(port).get('/read', { cookie: `sid=forged.${n}.cookie` }))
    await Promise.all(visits)
    expect(kept.lines).toEqual([])
    await stop()
    const [only, ...more] = kept.records()
    expect(more).toEqual([])
    expect(only).toMatchObject({ event: 'rejected', reason: 'signature', level: 'warn', count: 1000, addresses: 1, address: '127.0.0.1' })
    expect(Date.parse(only?.last as string)).toBeGreaterThanOrEqual(Date.parse(only?.first as string))
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 2 ** 20)
  })

  test('has a line of its own in every window', async () => {
    const { port, sessions } = await site({}, ROUTES)
    const kept = trail()
    const stop = audit(sessions, { destination: kept, aggregateOver: '40ms' })
    for (let window = 0; window < 3; window++) {
      await new Browser(port).get('/read', { cookie: 'sid=forged' })
      await new Promise((resolve) => setTimeout(resolve, 80))
    }
    expect(kept.records().map(({ count }) => count)).toEqual([1, 1, 1])
    await stop()
  })
})

describe('what is not asked for', () => {
  test('is not kept: only the events that are named', async () => {
    const { port, sessions } = await site({}, ROUTES)
    const kept = trail()
    const stop = audit(sessions, { destination: kept, events: ['signedIn'] })
    await new Browser(port).get('/in')
    await stop()
    expect(kept.told()).toEqual(['signedIn'])
  })

  test('after it was stopped, nothing is kept', async () => {
    const { port, kept, stop } = await site({}, ROUTES)
    await Promise.all([stop(), stop()])
    await new Browser(port).get('/in')
    expect(kept.lines).toEqual([])
  })

  test.each([
    ['destination', { destination: 'file.log' }],
    ['destination', { destination: () => {}, logger: { info: () => {}, warn: () => {}, error: () => {} } }],
    ['logger', { logger: console.log }],
    ['aggregateOver', { destination: () => {}, aggregateOver: 0 }],
    ['maxWaiting', { destination: () => {}, maxWaiting: 0 }],
    ['events', { destination: () => {}, events: ['login'] }],
    ['sink', { sink: () => {} }],
  ])('a wrong option is refused by its name: %s', async (name, options) => {
    const { sessions } = await site({}, ROUTES)
    expect(() => audit(sessions, options as never)).toThrow(new RegExp(`^${name}: `))
    expect(() => audit((() => {}) as never)).toThrow(/^audit: /)
  })
})
