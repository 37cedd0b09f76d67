// A store in trouble is left alone for a moment, and is never given more calls than it can answer; pages may go on without a session.
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import { Browser } from '../support/browser.js'
import { BACKENDS, DEADLINE_MS, expectRecovery, expectRefusal, type Outage, outages } from './outages-kit.js'

const TROUBLES = 5
const REST_MS = 300
const NOT_TRIED = 'session store: load was not tried: the store failed several times in a row'
const afterwards: (() => unknown)[] = []
const open = outages(afterwards)

afterEach(async () => {
  for (const work of afterwards.splice(0).reverse()) await work()
})

function messages({ site }: Outage): string[] {
  return site.errors.map((error) => (error as Error).message)
}

/** `count` readers at once; what each of them was told. */
async function read(outage: Outage, count: number): Promise<string[]> {
  const before = outage.site.errors.length
  await Promise.all(Array.from({ length: count }, () => expectRefusal(outage, () => outage.browser.copy().get('/read'))))
  return messages(outage).slice(before)
}

describe.each(Object.entries(BACKENDS))('%s', (_name, backend) => {
  test('after several troubles in a row is left alone for a moment, is then asked once, and is in use when it answers', async () => {
    const outage = await open(backend)
    const { server, proxy, browser } = outage
    const before = await backend.reads(server)
    proxy.holdReplies()
    for (const message of await read(outage, TROUBLES)) expect(message).toBe(`session store: load did not answer within ${DEADLINE_MS} ms`)
    const start = performance.now()
    // What comes too late is no answer, but the connection is not silent.
    proxy.releaseReplies()
    for (const message of await read(outage, 10)) expect(message).toBe(NOT_TRIED)
    expect(performance.now() - start).toBeLessThan(REST_MS)
    expect(await backend.reads(server)).toBe(before + TROUBLES)

    await delay(REST_MS)
    proxy.holdReplies()
    const tried = browser.get('/read')
    await proxy.replyHeld()
    expect(await read(outage, 3)).toEqual([NOT_TRIED, NOT_TRIED, NOT_TRIED])
    proxy.releaseReplies()
    expect((await tried).body).toBe('7')
    expect(await backend.reads(server)).toBe(before + TROUBLES + 1)
    expect((await browser.get('/read')).body).toBe('7')
  })

  test('is asked on although it is out of memory: that is an answer', async () => {
    const outage = await open(backend)
    const { server, site, browser } = outage
    await backend.fill(server)
    for (let n = 0; n < 2 * TROUBLES; n++) await expectRefusal(outage, () => new Browser(site.port).get('/sign-in'))
    expect(messages(outage)).toEqual(Array(2 * TROUBLES).fill('session store: create was refused: out of memory'))
    expect((await browser.get('/read')).body).toBe('7')
  })

  test('that is paused gives pages without a session, if the application wants that, and takes no cookie away', async () => {
    const outage = await open(backend, { onStoreError: 'anonymous' })
    const { server, browser } = outage
    await server.pause()
    for (let round = 0; round < 3; round++) {
      const pages = await Promise.all([1, 2, 3].map(() => browser.copy().get('/degraded')))
      for (const { status, body, setCookie } of pages)
        expect({ status, body, setCookie }).toEqual({ status: 200, body: 'true', setCookie: [] })
    }
    server.resume()
    await expectRecovery(() => browser.get('/degraded'), 'false')
    expect((await browser.get('/read')).body).toBe('7')
  })
})

test('F-1: never more than a thousand calls wait for an answer', async () => {
  const { server, site, browser } = await open(BACKENDS['redis'] as (typeof BACKENDS)[string])
  const visit = (): Promise<string> => {
    const request = Object.assign(new IncomingMessage(new Socket()), { url: '/', headers: { cookie: `sid=${browser.cookies.get('sid')}` } })
    return site.sessions.of(request).then(
      () => 'loaded',
      (error: Error) => error.message,
    )
  }
  await server.pause()
  const seen = await Promise.all(Array.from({ length: 1010 }, visit))
  expect(seen.filter((message) => message === 'session store: load was not tried: too many calls wait for an answer')).toHaveLength(10)
  expect(seen.filter((message) => message === `session store: load did not answer within ${DEADLINE_MS} ms`)).toHaveLength(1000)
  server.resume()
  await expectRecovery(() => browser.get('/read'), '7')
})
