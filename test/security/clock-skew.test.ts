// F-21: a server of the site whose clock is an hour ahead or behind. Where the store has a clock, that clock judges alone.
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { MemoryStore as MemoryOfExpress } from 'express-session'
import type { SessionOptions } from '../../lib/index.js'
import { memoryStore } from '../../lib/index.js'
import { HOUR, MINUTE, SECOND } from '../lib/harness.js'
import { type Answer, Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { type Routes, type Site, siteOpener } from '../support/site.js'
import { BACKENDS, type Backend, skewed } from './clock-skew-kit.js'
import { route } from './kit.js'

const IDLE = 30 * MINUTE
const LIFETIME = 50 * MINUTE
const SPANS = { expiry: IDLE / SECOND, maxLifetime: LIFETIME / SECOND }
/** memcached tells whole seconds. */
const NEAR = 4 * SECOND

const ROUTES: Routes = {
  '/sign-in': route((session) => session.signIn('ann')),
  '/write': route((session) => session.increment('n')),
  '/data': route((session) => session.toJSON()),
  '/info': route((session) => session.info),
}

interface Info {
  readonly handle: string
  readonly now: string
  readonly startedAt: string
  readonly expiresAt: string
  readonly absoluteExpiresAt: string
}

const openSite = siteOpener()

/** A server whose clock is off by so much whenever it does anything. */
class SkewedServer {
  readonly #site: Site
  readonly #offMs: number

  private constructor(site: Site, offMs: number) {
    this.#site = site
    this.#offMs = offMs
  }

  static open(store: () => SessionOptions['store'], offMs: number, options: SessionOptions = SPANS): Promise<SkewedServer> {
    return skewed(offMs, async () => {
      const site = await openSite({ framework: 'Express 5', options: { ...options, store: store() as never }, routes: ROUTES })
      await site.sessions.ready()
      return new SkewedServer(site, offMs)
    })
  }

  browser(): Browser {
    return new Browser(this.#site.port)
  }

  /** As the holder of the browser's cookie; what it is given, the browser keeps. */
  get(browser: Browser, path: string): Promise<Answer> {
    return skewed(this.#offMs, async () => {
      const answer = await new Browser(this.#site.port, browser.cookies).get(path)
      for (const line of answer.setCookie) browser.keep(line)
      expect(answer.status).toBe(200)
      return answer
    })
  }

  async info(browser: Browser): Promise<Info> {
    return (await this.get(browser, '/info')).json() as Info
  }

  async data(browser: Browser): Promise<unknown> {
    return (await this.get(browser, '/data')).json()
  }
}

describe.each(Object.keys(BACKENDS))('two servers over %s', (name) => {
  let backend: Backend

  beforeAll(async () => {
    backend = (await BACKENDS[name]?.()) as Backend
  })

  afterAll(() => backend.stop())

  const near = (text: string, time: number): void => expect(Math.abs(Date.parse(text) - time)).toBeLessThan(NEAR)

  describe.each([
    ['an hour ahead', HOUR],
    ['an hour behind', -HOUR],
  ])('one of which is %s', (_, offMs) => {
    const openTwo = async () => {
      const right = await SkewedServer.open(() => backend.open(), 0)
      return { right, wrong: await SkewedServer.open(() => backend.open(), offMs) }
    }

    test('read, write and sign in the same session, and tell the same times of it', async () => {
      const { right, wrong } = await openTwo()
      const browser = right.browser()
      for (const [here, there] of [
        [right, wrong],
        [wrong, right],
      ] as const) {
        const { setCookie } = await here.get(browser, '/sign-in')
        const maxAge = Number(/Max-Age=(\d+)/.exec(setCookie[0] ?? '')?.[1]) * SECOND
        expect(maxAge).toBeGreaterThan(LIFETIME - NEAR)
        expect(maxAge).toBeLessThanOrEqual(LIFETIME)
        for (const server of [there, here, there]) await server.get(browser, '/write')
        expect(await here.data(browser)).toEqual({ userId: 'ann', n: 3 })
        for (const server of [here, there]) {
          const info = await server.info(browser)
          near(info.now, backend.now())
          near(info.startedAt, backend.now())
          near(info.expiresAt, backend.now() + IDLE)
          near(info.absoluteExpiresAt, backend.now() + LIFETIME)
          const left = (await backend.left(info.handle)) ?? IDLE
          expect(Math.abs(left - IDLE)).toBeLessThan(NEAR)
        }
      }
    })

    test('both let a session live until its idle end and not after it, whichever of them made it', async () => {
      const { right, wrong } = await openTwo()
      for (const maker of [right, wrong]) {
        const browser = maker.browser()
        await maker.get(browser, '/sign-in')
        const { handle } = await maker.info(browser)
        for (const server of [right, wrong]) {
          await backend.age(handle, IDLE - MINUTE)
          // Which also slides, unless the lifetime is over first.
          expect(await server.data(browser)).toEqual({ userId: 'ann' })
          await maker.get(browser, '/sign-in')
        }
        await backend.age(handle, IDLE + NEAR)
        expect(await wrong.data(browser)).toEqual({})
        expect(await right.data(browser)).toEqual({})
      }
    })

    test('neither prolongs the lifetime of a session that is used all the time, by a minute or more', async () => {
      const { right, wrong } = await openTwo()
      for (const maker of [right, wrong]) {
        const browser = maker.browser()
        await maker.get(browser, '/sign-in')
        const { handle } = await maker.info(browser)
        for (let age = 0; age < LIFETIME - 10 * MINUTE; age += 10 * MINUTE) {
          await backend.age(handle, 10 * MINUTE)
          for (const server of [wrong, right]) expect(await server.data(browser)).toEqual({ userId: 'ann' })
        }
        const left = await backend.left(handle)
        if (left !== null) expect(left).toBeLessThan(10 * MINUTE + NEAR)
        await backend.age(handle, 10 * MINUTE + NEAR)
        expect(await wrong.data(browser)).toEqual({})
        expect(await right.data(browser)).toEqual({})
      }
    })
  })
})

describe('a store without a clock of its own', () => {
  const STORES: Readonly<Record<string, () => () => SessionOptions['store']>> = {
    cookie: () => () => 'cookie',
    "express-session's": () => {
      const store = new MemoryOfExpress()
      return () => store
    },
  }

  test.each(Object.keys(STORES).flatMap((name) => [HOUR, -HOUR].map((offMs) => [name, offMs] as const)))(
    '%s fails no request at a server that is off by %d ms, and there too a session that it made can be used',
    async (name, offMs) => {
      const store = STORES[name]?.() as () => SessionOptions['store']
      const [right, wrong] = [await SkewedServer.open(store, 0), await SkewedServer.open(store, offMs)]
      const browser = right.browser()
      for (const server of [right, wrong, right]) {
        await server.get(browser, '/sign-in')
        await server.get(browser, '/write')
        expect(await server.data(browser)).toEqual({ userId: 'ann', n: 1 })
        for (const each of [wrong, right]) for (const path of ['/data', '/info', '/write']) await each.get(browser, path)
      }
    },
  )
})

describe('the clock of the application', () => {
  test.each([HOUR, -HOUR])('moves no deadline when it leaps by %d ms while a store hangs', async (offMs) => {
    const store = new FaultyStore(memoryStore())
    const site = await openSite({ framework: 'Express 5', options: { store, storeTimeout: '300ms' }, routes: ROUTES })
    const browser = new Browser(site.port)
    await browser.get('/sign-in')
    store.hang('load')
    const start = performance.now()
    const { status } = await skewed(offMs, () => browser.get('/data'))
    const took = performance.now() - start
    expect(status).toBe(503)
    expect(took).toBeGreaterThan(290)
    expect(took).toBeLessThan(800)
  })

  test('is asked in lib/ for one thing only: what the time is in a session that no store has seen', () => {
    const asking = readdirSync('lib', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .filter((file) => /\bDate\.now\b|\bnew Date\(\)|\bDate\(\)/.test(readFileSync(`lib/${file}`, 'utf8')))
    expect(asking).toEqual(['session-state.ts'])
  })
})
