// Sessions are judged by memcached's own clock, which it tells in whole seconds when it is asked.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { Client } from 'memjs'
import { ServerClock } from '../../stores/memcache/server-clock.js'
import { askStats, type MemjsServer } from '../../stores/memcache/stats.js'
import { type MemcacheStore, type MemcacheStoreOptions, memcacheStore } from '../../stores/memcache.js'
import { type MemcachedServer, startMemcached } from '../servers/memcached.js'
import { HOST } from '../servers/server-process.js'
import { loadedValues, record, secondsLeft } from './memcache-kit.js'
import { startSaslServer } from './memcache-sasl-server.js'

const HOUR_MS = 3_600_000
/** It tells whole seconds, of its last tick. */
const NEAR_MS = 3000

const realNow = Date.now
const realMonotonic = performance.now.bind(performance)
/** By how much each of this process's clocks is wrong. */
let [wallOff, monotonicOff] = [0, 0]

beforeEach(() => {
  ;[wallOff, monotonicOff] = [0, 0]
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + wallOff)
  jest.spyOn(performance, 'now').mockImplementation(() => realMonotonic() + monotonicOff)
})

afterEach(() => {
  jest.restoreAllMocks()
})

describe('the clock of a server', () => {
  /** By the test's hand alone, so that every millisecond counts. */
  function frozen(): void {
    jest.spyOn(Date, 'now').mockImplementation(() => 1_000_000_500 + wallOff)
    jest.spyOn(performance, 'now').mockImplementation(() => 77.5 + monotonicOff)
  }

  test('is that of this process until it is told, and of a server that tells nothing', () => {
    frozen()
    const clock = new ServerClock()
    expect([clock.now(), clock.isAnswered]).toEqual([1_000_000_500, false])
    clock.asked()(Number.NaN)
    wallOff = 1000
    expect([clock.now(), clock.isAnswered]).toEqual([1_000_001_500, true])
  })

  test('is carried on by the monotonic clock, whatever is done to the other', () => {
    frozen()
    const clock = new ServerClock()
    clock.asked()(1_000_000)
    wallOff = -HOUR_MS
    monotonicOff = 1234
    expect(clock.now()).toBe(1_000_001_734)
  })

  test.each([
    ['agrees with the server is right to the millisecond', 0, 1_000_000_500],
    ['runs ahead is held back to what the server may mean', HOUR_MS, 1_000_002_000],
    ['runs behind is moved on to what the server says', -HOUR_MS, 1_000_000_000],
  ])('a process whose clock %s', (_, off, now) => {
    frozen()
    wallOff = off
    const clock = new ServerClock()
    clock.asked()(1_000_000)
    expect(clock.now()).toBe(now)
  })

  test('may have moved on for as long as the answer took', () => {
    frozen()
    wallOff = HOUR_MS
    const clock = new ServerClock()
    const tell = clock.asked()
    monotonicOff = 300
    tell(1_000_000)
    expect(clock.now()).toBe(1_000_002_300)
  })

  test('is asked once a minute, and at once if the question was lost', () => {
    frozen()
    const clock = new ServerClock()
    expect(clock.isDue).toBe(true)
    clock.asked()
    monotonicOff = 59_999
    expect(clock.isDue).toBe(false)
    monotonicOff = 60_000
    expect(clock.isDue).toBe(true)
    clock.asked()
    expect(clock.isDue).toBe(false)
    clock.forgetQuestion()
    expect(clock.isDue).toBe(true)
  })
})

describe('statistics', () => {
  /** Asked with sequence number 1; the test answers. */
  function asking() {
    const told: unknown[] = []
    let handler = Object.assign((_reply: object): void => {}, { quiet: true })
    let fail = (): void => {}
    const server: MemjsServer = {
      onResponse: (_seq, given) => {
        handler = given as typeof handler
      },
      onError: (_seq, given) => {
        fail = given
      },
      write: () => {},
    }
    askStats(server, 1, (stats) => told.push(stats === null ? null : { ...stats }))
    const reply = (status: number, key: string, val: string): boolean => {
      handler({ header: { status, totalBodyLength: key.length + val.length }, key: Buffer.from(key), val: Buffer.from(val) })
      return handler.quiet
    }
    return { told, reply, fail: () => fail() }
  }

  test('are told together, once the server has sent the last one', () => {
    const { told, reply } = asking()
    expect([reply(0, 'pid', '7'), reply(0, 'time', '1000000')]).toEqual([true, true])
    expect(told).toEqual([])
    expect(reply(0, '', '')).toBe(false)
    expect(told).toEqual([{ pid: '7', time: '1000000' }])
  })

  test('that a server refuses are empty, and memjs need not wait for more', () => {
    const { told, reply } = asking()
    expect(reply(0x81, '', 'Unknown command')).toBe(false)
    expect(told).toEqual([{}])
  })

  test('of a connection that failed are none', () => {
    const { told, fail } = asking()
    fail()
    expect(told).toEqual([null])
  })
})

describe('on a real memcached', () => {
  let server: MemcachedServer
  const closing: (() => unknown)[] = []

  beforeAll(async () => {
    server = await startMemcached()
  })

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  afterAll(() => server.stop())

  function open(options: MemcacheStoreOptions): MemcacheStore {
    const store = memcacheStore(options)
    closing.push(() => store.close())
    return store
  }

  const LINKS: Readonly<Record<string, () => MemcacheStore>> = {
    'connections of its own': () => open({ servers: [server.address] }),
    'a client that was handed in': () => {
      const client = Client.create(server.address)
      closing.push(() => client.close())
      return open({ client })
    },
  }

  function offsetOf(time: number): number {
    return Math.abs(time - realNow())
  }

  describe.each(Object.keys(LINKS))('through %s', (link) => {
    const openLink = (): MemcacheStore => LINKS[link]?.() as MemcacheStore

    test.each([HOUR_MS, -HOUR_MS])(
      'a session is stamped and judged by it from the first call on, in a process whose clock is off by %d ms',
      async (off) => {
        const right = openLink()
        const { token: known } = await right.create(record({ idleMs: HOUR_MS / 2 }, { a: '1' }))
        wallOff = off
        const wrong = openLink()
        // All of them at once, before the server has told anything.
        const made = await Promise.all([1, 2, 3].map(() => wrong.create(record({ idleMs: HOUR_MS / 2 }))))
        for (const { facts } of made) expect(offsetOf(facts.createdAt)).toBeLessThan(NEAR_MS)
        expect(await loadedValues(wrong, known)).toEqual({ a: '1' })
        const [{ handle, token } = { handle: '', token: '' }] = made
        expect(await loadedValues(right, token)).toEqual({})
        const left = await secondsLeft(server.port, `sess:${handle}`)
        expect(Math.abs(left - HOUR_MS / 2000)).toBeLessThan(5)
        const rotated = await wrong.rotate(token, {})
        expect(offsetOf(rotated?.facts.startedAt ?? 0)).toBeLessThan(NEAR_MS)
      },
    )

    test.each([HOUR_MS, -HOUR_MS])('a clock of the process that leaps by %d ms ends nothing and prolongs nothing', async (off) => {
      const store = openLink()
      const { token } = await store.create(record({ idleMs: HOUR_MS / 2 }, { a: '1' }))
      wallOff = off
      const found = await store.load(token, { slide: true })
      expect(found).toMatchObject({ values: { a: '1' } })
      expect(offsetOf((found as { now: number }).now)).toBeLessThan(NEAR_MS)
    })

    test('a process that was suspended learns within one request what the time is', async () => {
      const store = openLink()
      const { token } = await store.create(record({ idleMs: 2 * HOUR_MS }))
      // A minute passed by its monotonic clock, and an hour outside.
      wallOff = HOUR_MS
      monotonicOff = 60_000 + HOUR_MS
      await store.load(token, { slide: false })
      expect(offsetOf(((await store.load(token, { slide: false })) as { now: number }).now)).toBeLessThan(NEAR_MS)
    })
  })

  test('it is asked again when the server has restarted', async () => {
    const own = await startMemcached()
    closing.push(() => own.stop())
    const store = open({ servers: [own.address] })
    await store.create(record())
    await own.restart()
    monotonicOff = 30_000
    await store.load('A'.repeat(22).concat('.', 'A'.repeat(43)), { slide: false })
    expect(offsetOf((await store.create(record())).facts.createdAt)).toBeLessThan(NEAR_MS)
  })

  test('one that does not tell its time leaves it to the process, and is warned of', async () => {
    const silent = await startSaslServer('app', 'hunter2')
    closing.push(() => silent.close())
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const store = open({ servers: [`${HOST}:${silent.port}`], username: 'app', password: 'hunter2' })
    await store.ready()
    await store.ready()
    expect(warned.mock.calls.map(([message, details]) => [message, (details as { code?: string }).code])).toEqual([
      [
        expect.stringMatching(/^memcached does not tell its time: .* keep the clocks of all servers right$/),
        'STEADY_SESSION_MEMCACHE_CLOCK',
      ],
    ])
  })
})
