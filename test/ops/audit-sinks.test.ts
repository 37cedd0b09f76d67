// A sink that throws, rejects, hangs or is slow changes nothing for requests (T-72); what it did not take is counted and said.
import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { pino } from 'pino'
import { type AuditOptions, audit, type StopAudit } from '../../ops/audit.js'
import { appOf } from '../../ops/sessions-app.js'
import { warnings } from '../lib/harness.js'
import { gate } from '../support/barrier.js'
import { Browser } from '../support/browser.js'
import { type Site, siteOpener } from '../support/site.js'
import { recordIn, type Trail, trail } from './kit.js'

const open = siteOpener()

afterEach(() => {
  jest.useRealTimers()
  jest.restoreAllMocks()
})

async function signingIn(options: AuditOptions): Promise<Site & { readonly stop: StopAudit; visit(): Promise<number> }> {
  const routes = {
    '/in': async ({ session }: { readonly session: { signIn(id: string): Promise<void> } }, response: { end(): unknown }) => {
      await session.signIn('ann')
      response.end()
    },
  }
  const site = await open({ framework: 'Express 5', options: {}, routes: routes as never })
  const stop = audit(site.sessions, options)
  return Object.assign(site, { stop, visit: async () => (await new Browser(site.port).get('/in')).status })
}

/** So many events, outside of any request. */
function happen({ sessions }: Site, times: number): void {
  for (let n = 0; n < times; n++) {
    appOf('test', sessions).events.emit('ended', { handle: `h${n}`, userId: 'ann', reason: 'manager', request: undefined })
  }
}

/** As the sink named does, for as long as it is ill; then it writes. */
function illSink(how: 'throw' | 'reject' | 'hang'): {
  readonly kept: Trail
  readonly destination: (line: string) => unknown
  ill: boolean
} {
  const kept = trail()
  const sink = {
    kept,
    ill: true,
    destination: (line: string): unknown => {
      if (!sink.ill) return kept(line)
      if (how === 'throw') throw new Error('no space left')
      return how === 'reject' ? Promise.reject(new Error('no space left')) : new Promise(() => {})
    },
  }
  return sink
}

function withoutWaiting(): void {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
}

const turns = async (): Promise<void> => {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve))
}

/** With a sink that takes nothing more: the five seconds that the stop waits for it pass at once. */
async function stopPastDeadline({ stop }: { readonly stop: StopAudit }): Promise<void> {
  withoutWaiting()
  const stopped = stop()
  await jest.advanceTimersByTimeAsync(5001)
  jest.useRealTimers()
  await stopped
}

describe('a sink', () => {
  test.each(['throw', 'reject'] as const)('that fails (%s) harms no request, and its losses are told when it works again', async (how) => {
    const warned = warnings()
    const sink = illSink(how)
    const site = await signingIn({ destination: sink.destination })
    expect([await site.visit(), await site.visit()]).toEqual([200, 200])
    await turns()
    sink.ill = false
    expect(await site.visit()).toBe(200)
    await site.stop()
    expect(sink.kept.told()).toEqual(['dropped:sink', 'created', 'signedIn'])
    expect(sink.kept.records()[0]).toMatchObject({ count: 4, level: 'error' })
    expect(site.errors).toEqual([])
    expect(warned.codes()).toEqual(['STEADY_SESSION_AUDIT'])
    expect(warned.text()).toContain('no space left')
  })

  test('that hangs is given the next line after five seconds', async () => {
    const warned = warnings()
    const sink = illSink('hang')
    const site = await signingIn({ destination: sink.destination })
    withoutWaiting()
    happen(site, 2)
    await turns()
    sink.ill = false
    await jest.advanceTimersByTimeAsync(5000)
    jest.useRealTimers()
    expect(await site.visit()).toBe(200)
    await site.stop()
    expect(sink.kept.told()).toEqual(['ended:manager', 'dropped:sink', 'created', 'signedIn'])
    expect(warned.codes()).toEqual(['STEADY_SESSION_AUDIT'])
  })

  test('that hangs for good harms no request, holds no more lines than it may, and does not keep a stop from ending', async () => {
    warnings()
    const sink = illSink('hang')
    const site = await signingIn({ destination: sink.destination, maxWaiting: 50 })
    expect([await site.visit(), await site.visit()]).toEqual([200, 200])
    happen(site, 5000)
    await turns()
    await stopPastDeadline(site)
    expect(sink.kept.lines).toEqual([])
  })

  test('that is slow gets every line in order, and the rest is dropped, counted and told', async () => {
    warnings()
    const kept = trail()
    const held = gate()
    const site = await signingIn({ destination: (line) => held.pass().then(() => kept(line)), maxWaiting: 10 })
    happen(site, 15)
    await turns()
    held.open()
    await site.stop()
    expect(kept.records().map(({ handle, event }) => handle ?? event)).toEqual([
      'dropped',
      'h0',
      'h1',
      'h2',
      'h3',
      'h4',
      'h5',
      'h6',
      'h7',
      'h8',
      'h9',
    ])
    expect(kept.records()[0]).toMatchObject({ reason: 'queue', count: 5 })
  })

  test('is never called within a request, and gets a hundred lines at most before other work has its turn', async () => {
    const kept = trail()
    const site = await signingIn({ destination: kept })
    happen(site, 250)
    expect(kept.lines).toHaveLength(0)
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.resolve()
    expect(kept.lines.length).toBeLessThanOrEqual(200)
    await site.stop()
    expect(kept.lines).toHaveLength(250)
  })
})

describe('a stream', () => {
  test('is waited for when it asks, and gets every line once', async () => {
    const kept = trail()
    const slow = new Writable({
      highWaterMark: 10,
      write: (chunk, _encoding, done) => {
        kept(String(chunk))
        setImmediate(done)
      },
    })
    const site = await signingIn({ destination: slow })
    happen(site, 300)
    await site.stop()
    expect(kept.records().map(({ handle }) => handle)).toEqual(Array.from({ length: 300 }, (_, n) => `h${n}`))
  })

  test('whose error nobody else hears does not end the process, and its line counts as lost', async () => {
    const warned = warnings()
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    const site = await signingIn({ destination: broken })
    expect(await site.visit()).toBe(200)
    await site.stop()
    expect(warned.codes()).toEqual(['STEADY_SESSION_AUDIT'])
    expect(warned.text()).toContain('EPIPE')
  })

  test('that has ended is told of, and kept from crashing anything', async () => {
    const warned = warnings()
    const ended = new Writable({ write: (_chunk, _encoding, done) => done() }).end()
    const site = await signingIn({ destination: ended })
    expect(await site.visit()).toBe(200)
    await site.stop()
    expect(warned.text()).toBe('audit: lines are lost: the stream has ended')
  })

  test('that never drains gets nothing more, so that its buffer does not grow', async () => {
    warnings()
    const written: string[] = []
    const full = Object.assign(new EventEmitter(), { write: (line: string) => (written.push(line), false) })
    const site = await signingIn({ destination: full })
    happen(site, 100)
    await turns()
    await stopPastDeadline(site)
    expect(written).toHaveLength(1)
    expect(recordIn(written[0] as string).handle).toBe('h0')
  })
})

describe("the application's pino logger", () => {
  test('gets the record under one key, at the level of its weight', async () => {
    const lines: string[] = []
    const site = await signingIn({ logger: pino({ base: null }, { write: (line: string) => void lines.push(line) }) })
    await site.visit()
    await new Browser(site.port).get('/in', { cookie: 'sid=forged' })
    await site.stop()
    const parsed = lines.map((line) => JSON.parse(line) as { level: number; audit: { event: string } })
    expect(parsed.map(({ level, audit: { event } }) => [level, event])).toEqual([
      [30, 'created'],
      [30, 'signedIn'],
      [30, 'created'],
      [30, 'signedIn'],
      [40, 'rejected'],
    ])
  })
})
