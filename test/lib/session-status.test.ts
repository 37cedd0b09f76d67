// How long the session has left, asked over HTTP: what the answers say, and that asking moves nothing.
import { createServer, type RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import request from 'supertest'
import { memoryStore, redisStore, type SessionOptions, session, sessionStatus } from '../../lib/index.js'
import { cookieFor } from '../../testing/index.js'
import { startRedis } from '../servers/redis-server.js'
import { inspector } from '../stores/redis-kit.js'
import { FaultyStore } from '../support/faulty-store.js'
import { clockAt, MINUTE, SECOND, SECRET } from './harness.js'

const FRAMEWORKS = { 'Express 5': () => express(), 'Express 4': () => express4(), Connect: () => connect() }

interface Place {
  use(...parts: unknown[]): unknown
}

/** Sessions of half an hour, twelve hours at most; the clock stands still. */
function place(options: SessionOptions = {}, app: RequestListener = express()) {
  const clock = clockAt(Date.UTC(2026, 10, 23))
  const store = new FaultyStore(memoryStore({ clock }))
  const sessions = session({ secret: SECRET, store, expiry: '30m', maxLifetime: '12h', ...options })
  const use = (...parts: unknown[]): unknown => (app as unknown as Place).use(...parts)
  const mount = (): void => void use('/session', sessionStatus(sessions))
  const ask = (cookie = '', path = '/session/status') => request(app).get(path).set('Cookie', cookie)
  const stay = (cookie: string, headers: Readonly<Record<string, string>> = { 'x-session-stay': '1' }) =>
    request(app).post('/session/stay').set('Cookie', cookie).set(headers)
  const signIn = async () => (await cookieFor(sessions, { userId: 'ann' })).header
  return { clock, store, sessions, app, use, mount, ask, stay, signIn }
}

const NOBODY = {
  live: false,
  signedIn: false,
  holder: null,
  secondsLeft: 0,
  idleSecondsLeft: 0,
  absoluteSecondsLeft: 0,
  canStay: false,
  warn: false,
  warnBefore: 120,
  notice: null,
}

describe.each(Object.entries(FRAMEWORKS))('the status in %s', (_, framework) => {
  test('says the seconds left on both clocks, and moves neither', async () => {
    const { clock, store, sessions, use, mount, ask, signIn } = place({}, framework() as RequestListener)
    mount()
    use(sessions)
    const cookie = await signIn()
    clock.now += 10 * MINUTE + 300
    for (let i = 0; i < 3; i++) {
      const answer = await ask(cookie).expect(200)
      const left = { secondsLeft: 1200, idleSecondsLeft: 1200, absoluteSecondsLeft: 11 * 3600 + 3000 }
      const holder: unknown = expect.stringMatching(/^[\w-]{22}$/)
      expect(answer.body).toEqual({ ...NOBODY, live: true, signedIn: true, holder, ...left, canStay: true })
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Cookie' })
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
    expect(store.calls).toEqual(['create', 'load', 'load', 'load'])
    clock.now += 20 * MINUTE
    expect((await ask(cookie)).body).toEqual(NOBODY)
  })

  test('leaves all other paths to the application', async () => {
    const { use, mount, ask, stay, store } = place({}, framework() as RequestListener)
    mount()
    use((req: { method: string; url: string }, res: { end(text: string): void }) => res.end(`${req.method} ${req.url}`))
    expect((await ask('', '/session')).text).toBe('GET /session')
    expect((await ask('', '/session/stay')).text).toBe('GET /session/stay')
    expect((await ask('', '/session/constructor')).text).toBe('GET /session/constructor')
    expect((await stay('').send()).body).toEqual(NOBODY)
    expect(store.calls).toEqual([])
  })
})

describe('the status', () => {
  test('costs nothing for a stranger and for a forged cookie', async () => {
    const { mount, ask, store } = place()
    mount()
    for (const cookie of ['', 'sid=forged']) {
      const answer = await ask(cookie).expect(200)
      expect([answer.body, answer.headers['set-cookie']]).toEqual([NOBODY, undefined])
    }
    expect(store.calls).toEqual([])
  })

  test('warns from the given time before the end, whichever clock ends the session', async () => {
    const { clock, sessions, use, ask, signIn } = place({ expiry: '30m', maxLifetime: '40m' })
    use('/session', sessionStatus(sessions, { warnBefore: '5m' }))
    use(sessions)
    const cookie = await signIn()
    clock.now += 25 * MINUTE - 1
    expect((await ask(cookie)).body).toMatchObject({ secondsLeft: 301, warn: false, warnBefore: 300 })
    clock.now += 1
    expect((await ask(cookie)).body).toMatchObject({ secondsLeft: 300, warn: true, canStay: true })
    await ask(cookie, '/elsewhere')
    clock.now += 10 * MINUTE
    expect((await ask(cookie)).body).toMatchObject({ secondsLeft: 300, idleSecondsLeft: 1200, warn: true, canStay: false })
  })

  test('knows no absolute end where the lifetime is off', async () => {
    const { mount, ask, signIn } = place({ maxLifetime: false })
    mount()
    expect((await ask(await signIn())).body).toMatchObject({ secondsLeft: 1800, absoluteSecondsLeft: null, canStay: true })
  })

  test('has one holder as long as the same user holds the same session', async () => {
    const { sessions, use, mount, ask, app } = place()
    mount()
    use(sessions)
    use('/as', (req: express.Request, res: express.Response) => req.session.signIn(req.url.slice(1)).then(() => res.end()))
    const browser = request.agent(app)
    const holder = async (): Promise<unknown> => (await browser.get('/session/status')).body.holder
    const seen: unknown[] = []
    for (const user of ['ann', 'ann', 'bob']) {
      await browser.get(`/as/${user}`)
      seen.push(await holder())
    }
    expect(seen[0]).toBe(seen[1])
    expect(seen[1]).not.toBe(seen[2])
    const { header } = await cookieFor(sessions, { userId: 'bob' })
    expect((await ask(header)).body.holder).not.toBe(seen[2])
  })

  test('answers 503 if the store fails, and claims nothing, whatever onStoreError says', async () => {
    const { store, mount, ask, signIn } = place({ onStoreError: 'anonymous' })
    mount()
    const cookie = await signIn()
    store.fail('load', 'reject')
    const answer = await ask(cookie).expect(503)
    expect(answer.body).toEqual({ error: expect.any(String) })
    expect(answer.headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' })
    await ask(cookie).expect(200)
  })

  test('answers HEAD without a body', async () => {
    const { mount, app } = place()
    mount()
    const answer = await request(app).head('/session/status').expect(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  })
})

describe('staying', () => {
  test('starts the idle expiry again, and leaves the absolute one', async () => {
    const { clock, store, mount, stay, signIn } = place()
    mount()
    const cookie = await signIn()
    clock.now += 29 * MINUTE
    const answer = await stay(cookie).expect(200)
    expect(answer.body).toMatchObject({ secondsLeft: 1800, absoluteSecondsLeft: 12 * 3600 - 29 * 60, warn: false })
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(store.calls).toEqual(['create', 'load'])
  })

  test('gives the browser the new token of a store that seals it', async () => {
    const sessions = session({ secret: SECRET, store: 'cookie', expiry: '2s', maxLifetime: '1h' })
    const app = express().use('/session', sessionStatus(sessions, { warnBefore: '1s' }))
    const { header } = await cookieFor(sessions, { userId: 'ann' })
    await new Promise((resolve) => setTimeout(resolve, 500))
    const looked = await request(app).get('/session/status').set('Cookie', header)
    expect([looked.body.live, looked.headers['set-cookie']]).toEqual([true, undefined])
    const stayed = await request(app).post('/session/stay').set({ Cookie: header, 'x-session-stay': '1' })
    expect(stayed.headers['set-cookie']).toHaveLength(1)
    expect(stayed.body.idleSecondsLeft).toBe(2)
  })

  test.each([
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'same-site' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ 'sec-fetch-site': 'cross-site', 'x-session-stay': '1' }, 403],
    [{ origin: 'http://site.test', host: 'site.test' }, 200],
    [{ origin: 'http://site.test:8080', host: 'site.test', 'x-session-stay': '1' }, 403],
    [{ origin: 'null', host: 'site.test', 'x-session-stay': '1' }, 403],
    [{ 'x-session-stay': '1' }, 200],
    [{}, 403],
  ] as const)('is for pages of this site: %p', async (headers, status) => {
    const { clock, mount, ask, stay, signIn } = place()
    mount()
    const cookie = await signIn()
    clock.now += MINUTE
    expect((await stay(cookie, headers)).status).toBe(status)
    expect((await ask(cookie)).body.secondsLeft).toBe(status === 200 ? 1800 : 1740)
  })
})

describe('mounted after the session middleware', () => {
  test('it says so at the first request, also to a stranger', async () => {
    const { sessions, use, mount, ask, stay, signIn } = place()
    use(sessions)
    mount()
    use((error: Error, _req: unknown, res: express.Response, _next: unknown) => res.status(500).send(error.message))
    const told = 'sessionStatus: the session middleware ran before it and extended the session; move it above app.use(sessions)'
    for (const cookie of ['', await signIn()]) {
      expect((await ask(cookie).expect(500)).text).toContain(told)
      expect((await stay(cookie).expect(500)).text).toContain(told)
    }
  })

  test('it is content if the session middleware left the expiry alone', async () => {
    const { clock, store, sessions, use, mount, ask, stay, signIn } = place({ slide: (req) => !req.url?.startsWith('/session') })
    use(sessions)
    mount()
    const cookie = await signIn()
    clock.now += MINUTE
    const answer = await ask(cookie).expect(200)
    expect([answer.body.secondsLeft, answer.headers['cache-control'], answer.headers['set-cookie']]).toEqual([1740, 'no-store', undefined])
    expect(store.calls).toEqual(['create', 'load'])
    expect((await ask('').expect(200)).body).toEqual(NOBODY)
    expect((await stay(cookie).expect(200)).body.secondsLeft).toBe(1800)
  })

  test('it answers 503 to a request that goes on without its session', async () => {
    const { store, sessions, use, mount, ask, signIn } = place({ slide: () => false, onStoreError: 'anonymous' })
    use(sessions)
    mount()
    const cookie = await signIn()
    store.fail('load', 'reject')
    await ask(cookie).expect(503)
  })
})

describe('the script', () => {
  test('is an ES module that is asked for anew and mostly answered by 304', async () => {
    const { mount, ask, app } = place()
    mount()
    const script = await ask('', '/session/client.js').expect(200)
    expect(script.text).toMatch(/export\{\w+ as watchSession\}/)
    expect(script.headers).toMatchObject({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache' })
    const again = await request(app).get('/session/client.js').set('If-None-Match', String(script.headers['etag'])).expect(304)
    expect(again.text).toBe('')
    await request(app).get('/session/client.js').set('If-None-Match', '"another"').expect(200)
  })

  test('is small', async () => {
    const { mount, ask } = place()
    mount()
    expect((await ask('', '/session/client.js')).text.length).toBeLessThan(8192)
  })
})

describe('wrong options are told at the start', () => {
  const sessions = session({ secret: SECRET, expiry: '90s' })

  test.each([
    [{ warnBefore: '90s' }, 'warnBefore: 90s is not shorter than expiry'],
    [{}, 'warnBefore: 2m is not shorter than expiry'],
    [{ warnBefore: '60' }, "warnBefore: '60' has no unit"],
    [{ warn: '1m' }, 'warn: unknown option'],
  ])('%p', (options, message) => {
    expect(() => sessionStatus(sessions, options as object)).toThrow(new RegExp(`^${message}`))
  })

  test('and so is what is no session middleware', () => {
    expect(() => sessionStatus((() => {}) as never)).toThrow('sessionStatus: expected what session(…) returned')
    expect(() => sessionStatus(undefined as never)).toThrow('sessionStatus: expected what session(…) returned')
  })
})

describe('on Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  test('one command tells the time left by its clock, and does not extend it; staying does', async () => {
    const sessions = session({ secret: SECRET, store: redisStore({ url: redis.url }), expiry: '1h' })
    const server = createServer(express().use('/session', sessionStatus(sessions)) as RequestListener)
    const looking = await inspector(redis.url)
    const { header } = await cookieFor(sessions, { userId: 'ann' })
    const [key = ''] = (await looking.keys('*')).filter((name) => !name.includes('ann'))
    await request(server).get('/session/status').set('Cookie', header)
    const calls = async () => {
      const stats = await looking.info('commandstats')
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]) + Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0)
    }
    const [before, ttl] = [await calls(), await looking.pTTL(key)]
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const { body } = await request(server).get('/session/status').set('Cookie', header)
    expect(body).toMatchObject({ live: true, idleSecondsLeft: 3599 })
    expect(await calls()).toBe(before + 1)
    expect(await looking.pTTL(key)).toBeLessThan(ttl - SECOND)
    await request(server).post('/session/stay').set({ Cookie: header, 'x-session-stay': '1' }).expect(200)
    expect(await looking.pTTL(key)).toBeGreaterThan(ttl - SECOND)
    await looking.close()
    await sessions.close()
  })
})
