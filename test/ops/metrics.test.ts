// What is measured, under which names; and that nothing is timed while nobody measures.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import * as client from 'prom-client'
import { memoryStore, type SessionEventName, type SessionOptions, session } from '../../lib/index.js'
import { type MetricsOptions, metrics } from '../../ops/metrics.js'
import { appOf } from '../../ops/sessions-app.js'
import { SECRET } from '../lib/harness.js'
import { until } from '../stores/redis-kit.js'
import { gate } from '../support/barrier.js'
import { Browser } from '../support/browser.js'
import { FaultyStore, promised } from '../support/faulty-store.js'
import { type Handler, type Routes, type Site, siteOpener } from '../support/site.js'

const open = siteOpener()
let register: client.Registry

beforeEach(() => {
  register = new client.Registry()
})
afterEach(() => client.register.clear())

const act = (work: Handler): Handler => {
  return async (request, response) => {
    await work(request, response)
    response.end()
  }
}

interface Measured extends Site {
  stop(): void
  /** What Prometheus would read, without comments: name and labels → value. */
  read(): Promise<ReadonlyMap<string, number>>
  readonly held: ReturnType<typeof gate>
}

async function measured(options: SessionOptions = {}, more: MetricsOptions = {}): Promise<Measured> {
  const held = gate()
  const routes: Routes = {
    '/set': act(({ session: current }) => current.set('cart', Math.random())),
    '/in': act(({ session: current }) => current.signIn('ann')),
    '/read': act(({ session: current }) => void current.get('cart')),
    '/out': act(({ session: current }) => current.signOut()),
    '/count': act(({ session: current }) => current.increment('cart')),
    '/count-late': act(async ({ session: current }) => {
      current.get('cart')
      await held.pass()
      await current.increment('cart')
    }),
    '/set-late': act(async ({ session: current }) => {
      current.get('cart')
      await held.pass()
      current.set('cart', 2)
    }),
  }
  const site = await open({ framework: 'Express 5', options, routes })
  const stop = metrics(site.sessions, { register, ...more })
  return Object.assign(site, { stop, held, read: () => readFrom(register) })
}

async function readFrom(from: client.Registry): Promise<ReadonlyMap<string, number>> {
  const lines = (await from.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

/** Those that are not zero, without the histograms' buckets and sums. */
async function counted(site: Measured): Promise<Record<string, number>> {
  return Object.fromEntries([...(await site.read())].filter(([name, value]) => value !== 0 && !/_bucket|_sum/.test(name)))
}

/** One browser's request to `late` goes on only once another, to `between`, is over. */
async function interleave(site: Measured, late: string, between: string): Promise<void> {
  const ann = new Browser(site.port)
  await ann.get('/set')
  const answer = ann.get(late)
  await site.held.reached
  await ann.get(between)
  site.held.open()
  await answer
}

describe('the metrics', () => {
  test('count sessions made and ended by reason, cookies not used by reason, and the store’s calls by operation', async () => {
    const site = await measured({ store: memoryStore() })
    const ann = new Browser(site.port)
    await ann.get('/in')
    const old = ann.copy()
    await ann.get('/in')
    await old.get('/read')
    await ann.get('/out')
    await old.get('/read')
    await ann.get('/read', { cookie: 'sid=forged' })
    await ann.get('/set')
    expect(await counted(site)).toEqual({
      session_created_total: 2,
      'session_ended_total{reason="signedOut"}': 1,
      'session_rejected_total{reason="reuse"}': 1,
      'session_rejected_total{reason="unknown"}': 1,
      'session_rejected_total{reason="signature"}': 1,
      'session_store_seconds_count{operation="create",outcome="ok"}': 2,
      'session_store_seconds_count{operation="load",outcome="ok"}': 4,
      'session_store_seconds_count{operation="rotate",outcome="ok"}': 1,
      'session_store_seconds_count{operation="destroy",outcome="ok"}': 1,
      session_active: 1,
    })
  })

  test('count attempts of update that met another writer', async () => {
    const site = await measured()
    await interleave(site, '/count-late', '/count')
    expect(await counted(site)).toMatchObject({ 'session_conflicts_total{outcome="repeated"}': 1 })
  })

  test('count requests that came too late to save', async () => {
    const site = await measured()
    await interleave(site, '/set-late', '/out')
    expect(await counted(site)).toMatchObject({ session_gone_total: 1 })
  })

  test('time the calls of the store to their deadline, and count its errors by operation and code', async () => {
    const store = new FaultyStore(memoryStore())
    const site = await measured({ store, storeTimeout: '50ms' })
    const ann = new Browser(site.port)
    await ann.get('/set')
    store.fail('load', 'reject')
    await ann.get('/read')
    store.fail('load', 'throw')
    await ann.get('/read')
    store.hang('load')
    await ann.get('/read')
    const read = await site.read()
    expect(read.get('session_store_errors_total{operation="load",code="ERR_SESSION_STORE"}')).toBe(3)
    expect(read.get('session_store_seconds_count{operation="load",outcome="error"}')).toBe(2)
    expect(read.get('session_store_seconds_count{operation="load",outcome="timeout"}')).toBe(1)
    expect(read.get('session_store_seconds_sum{operation="load",outcome="timeout"}')).toBeGreaterThan(0.045)
    for (let n = 0; n < 3; n++) {
      store.fail('load', 'reject')
      await ann.get('/read')
    }
    expect((await site.read()).get('session_store_seconds_count{operation="load",outcome="refused"}')).toBe(1)
  })

  test('time how long responses waited for their session to be saved, also in vain', async () => {
    const store = new FaultyStore(promised(memoryStore()))
    const site = await measured({ store })
    const ann = new Browser(site.port)
    await ann.get('/set')
    await ann.get('/read')
    expect((await site.read()).get('session_commit_wait_seconds_count')).toBe(1)
    const held = store.holdCall('update')
    const answer = ann.get('/set')
    await new Promise((resolve) => setTimeout(resolve, 60))
    held.open()
    await answer
    store.fail('update', 'reject')
    await ann.get('/set')
    const read = await site.read()
    expect(read.get('session_commit_wait_seconds_count')).toBe(3)
    expect(read.get('session_commit_wait_seconds_sum')).toBeGreaterThan(0.05)
  })

  test('count what expires by its clock, and not what another process has counted', async () => {
    const site = await measured()
    const { events } = appOf('test', site.sessions)
    const ended = { handle: 'h', userId: undefined, request: undefined }
    events.emit('ended', { ...ended, reason: 'expired', clock: 'idle' })
    events.emit('ended', { ...ended, reason: 'expired', clock: 'absolute' })
    events.emit('ended', { ...ended, reason: 'manager', elsewhere: true })
    expect(await counted(site)).toEqual({
      'session_ended_total{reason="expiredIdle"}': 1,
      'session_ended_total{reason="expiredAbsolute"}': 1,
    })
  })

  test('keep labels few, whatever a store puts into its errors', async () => {
    const site = await measured()
    const error = Object.assign(new Error(), { code: 'ERR_SESSION_STORE', operation: 'load of h4nd1e' })
    appOf('test', site.sessions).events.emit('storeError', { error: error as never })
    expect(await counted(site)).toEqual({ 'session_store_errors_total{operation="other",code="ERR_SESSION_STORE"}': 1 })
  })
})

describe('the number of live sessions', () => {
  test('is absent where the store does not know it, unless a count is asked for', async () => {
    const store = promised(memoryStore())
    const site = await measured({ store })
    await new Browser(site.port).get('/set')
    expect([...(await site.read()).keys()]).not.toContain('session_active')
    expect(() => metrics(site.sessions, { register: new client.Registry(), activeEvery: '1m' })).not.toThrow()
  })

  test('is counted as often as was asked for, and no more after the end', async () => {
    const inner = memoryStore()
    const hidden = { ...promised(inner), index: inner.index }
    const site = await measured({ store: hidden }, { activeEvery: '20ms' })
    const active = async (): Promise<number | undefined> => (await site.read()).get('session_active')
    await new Browser(site.port).get('/set')
    await until('one is counted', async () => (await active()) === 1)
    await new Browser(site.port).get('/set')
    await until('two are counted', async () => (await active()) === 2)
    site.stop()
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await active()).toBeUndefined()
  })

  test('is refused where the store cannot count', async () => {
    const sessions = session({ secret: SECRET, store: 'cookie' })
    expect(() => metrics(sessions, { register, activeEvery: '1m' })).toThrow(/^activeEvery: the cookie store cannot count its sessions/)
    expect(await register.metrics()).toBe('\n')
  })
})

describe('measuring', () => {
  const TIMED: SessionEventName[] = ['storeCall', 'committed', 'conflict', 'rejected', 'gone']

  test('costs nothing before it begins and after it ends: nobody listens, so nothing is timed', async () => {
    const sessions = session({ secret: SECRET })
    const { events } = appOf('test', sessions)
    const heard = (): SessionEventName[] => TIMED.filter((name) => events.hears(name))
    expect(heard()).toEqual([])
    const stop = metrics(sessions, { register })
    expect(heard()).toEqual(TIMED)
    stop()
    stop()
    expect(heard()).toEqual([])
    await sessions.close()
  })

  test("uses prom-client's own registry unless another is given, and leaves it as it was", async () => {
    const sessions = session({ secret: SECRET })
    const before = await client.register.metrics()
    const stop = metrics(sessions, { client })
    expect(await client.register.metrics()).toContain('session_created_total 0')
    stop()
    expect(await client.register.metrics()).toBe(before)
    await sessions.close()
  })

  test('two middlewares need two prefixes', async () => {
    const [one, two] = [session({ secret: SECRET }), session({ secret: SECRET, key: 'admin' })]
    metrics(one, { register })
    expect(() => metrics(two, { register })).toThrow(/already been registered/)
    metrics(two, { register, prefix: 'admin_session_' })
    expect(await register.metrics()).toContain('admin_session_created_total 0')
    await Promise.all([one.close(), two.close()])
  })

  test.each([
    ['prefix', { prefix: 'session-' }],
    ['activeEvery', { activeEvery: '60' }],
    ['registry', { registry: {} }],
  ])('refuses a wrong option by its name: %s', async (name, options) => {
    const sessions = session({ secret: SECRET })
    expect(() => metrics(sessions, options as never)).toThrow(new RegExp(`^${name}: `))
    await sessions.close()
  })
})
