import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect as connectSocket } from 'node:net'
import { describe, expect, jest, test } from '@jest/globals'
import { memoryStore, type SessionStore, type Sessions, session } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore, promised } from '../support/faulty-store.js'
import { answer, serverOpener } from '../support/site.js'
import { type AnySession, appOf, cookieOf, requestWith, SECRET, stored } from './harness.js'

const serve = serverOpener()

const count: (request: IncomingMessage, response: ServerResponse) => void = (request, response) => {
  const session = request.session as AnySession
  session.n = (session.n ?? 0) + 1
  answer(response, session.n)
}

describe('sessions.of', () => {
  async function upgraded(sessions: Sessions, cookie: string): Promise<AnySession> {
    return (await sessions.of(requestWith({ cookie }))) as AnySession
  }

  test('is the session of a request that the middleware has seen', async () => {
    const sessions = session({ secret: SECRET })
    let same = false
    const port = await serve((request, response) => {
      sessions(request, response, async () => {
        same = (await sessions.of(request)) === request.session
        response.end()
      })
    })
    await new Browser(port).get('/')
    expect(same).toBe(true)
  })

  test('gives an upgrade its session, which is saved by hand', async () => {
    const store = memoryStore()
    const sessions = session({ secret: SECRET, store })
    const server = createServer((request, response) => sessions(request, response, () => count(request, response)))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const browser = new Browser(port)
    await browser.get('/')
    server.on('upgrade', async (request: IncomingMessage, socket) => {
      const own = (await sessions.of(request)) as AnySession
      own.set('socket', own.n)
      await own.save()
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
    })
    const socket = connectSocket(port, '127.0.0.1')
    socket.write(
      `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\nCookie: sid=${browser.cookies.get('sid')}\r\n\r\n`,
    )
    socket.resume()
    await once(socket, 'close')
    server.close()
    const app = appOf({ store })
    const token = app.signer.open(browser.cookies.get('sid') as string)?.token as string
    expect(store.load(token, { slide: false })).toMatchObject({ values: { n: '1', socket: '1' } })
  })

  test('throws SessionClosedError for what needs a new cookie, and lets the rest through', async () => {
    const app = appOf()
    const sessions = session({ secret: SECRET, store: app.config.store })
    const cookie = cookieOf(app, await stored(app.config.store, { n: 1 }))
    const own = await upgraded(sessions, cookie)
    const closed = { code: 'ERR_SESSION_CLOSED' }
    await expect(own.signIn('ann')).rejects.toMatchObject(closed)
    await expect(own.regenerate()).rejects.toMatchObject(closed)
    expect(await own.increment('n')).toBe(2)
    own.set('m', 1)
    await own.save()
    expect(() => own.set('userId', 'ann')).toThrow(expect.objectContaining(closed))
    const stranger = await upgraded(sessions, '')
    expect(() => stranger.set('a', 1)).toThrow(expect.objectContaining(closed))
    const ending = await upgraded(sessions, cookie)
    expect(ending.toJSON()).toEqual({ n: 2, m: 1 })
    await ending.signOut()
    expect((await upgraded(sessions, cookie)).info.lost).toBe(true)
  })

  test('is one and the same for all who ask at once', async () => {
    for (const store of [memoryStore(), promised(memoryStore())]) {
      const app = appOf({ store })
      const sessions = session({ secret: SECRET, store })
      const request = requestWith({ cookie: cookieOf(app, await stored(store, { n: 1 })) })
      const [first, second] = await Promise.all([sessions.of(request), sessions.of(request)])
      expect(first).toBe(second)
      expect(await sessions.of(request)).toBe(first)
    }
  })

  test.each([
    ['at once', memoryStore],
    ['with promises', () => promised(memoryStore())],
  ])('asks again for a connection that stays open, and leaves the expiry alone if told so (a store that answers %s)', async (_, make) => {
    const store = new FaultyStore(make())
    const app = appOf({ store })
    const sessions = session({ secret: SECRET, store, slide: () => false })
    const request = requestWith({ cookie: cookieOf(app, await stored(store, { n: 1 })) })
    const first = await sessions.of(request)
    const before = first.info.expiresAt?.getTime() ?? 0
    while (Date.now() <= first.info.now.getTime()) await new Promise(setImmediate)
    const looked = (await sessions.of(request, { again: true })) as AnySession
    expect([looked === first, looked.info.expiresAt?.getTime()]).toEqual([false, before])
    looked.set('n', 2)
    await looked.save()
    const came = (await sessions.of(request, { again: true, slide: true })) as AnySession
    expect(came.get('n')).toBe(2)
    expect(came.info.expiresAt?.getTime()).toBeGreaterThan(before)
    expect(await sessions.of(request)).toBe(first)
    await came.signOut()
    const ended = await sessions.of(request, { again: true, slide: true })
    expect([ended.info.lost, ended.info.handle, ended.toJSON()]).toEqual([true, null, {}])
    expect(() => (ended as AnySession).set('n', 3)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
  })

  test.each([
    ['at once', memoryStore],
    ['with promises', () => promised(memoryStore())],
  ])('before the middleware leaves the saving to it (a store that answers %s)', async (_, make) => {
    const store = new FaultyStore(make())
    const sessions = session({ secret: SECRET, store })
    const port = await serve(async (request, response) => {
      const early = (await sessions.of(request)) as AnySession
      if (request.url === '/early') early.set('early', 1)
      sessions(request, response, () => {
        if (request.url === '/in') void request.session.signIn('ann')
        if (request.url !== '/data') request.session.set('n', Number(request.session.n ?? 0) + 1)
        answer(response, [request.session === early, request.session])
      })
    })
    const browser = new Browser(port)
    expect((await browser.get('/')).setCookie).toHaveLength(1)
    expect((await browser.get('/')).setCookie).toEqual([])
    expect((await browser.get('/early')).setCookie).toEqual([])
    const before = browser.copy()
    expect((await browser.get('/in')).setCookie).toHaveLength(1)
    expect((await browser.get('/data')).json()).toEqual([true, { userId: 'ann', n: 1 }])
    expect((await before.get('/data')).json()).toEqual([true, {}])
    expect(store.calls).toEqual(['create', 'load', 'update', 'load', 'update', 'load', 'rotate', 'load', 'load'])
  })

  test('before the middleware has the response wait, and a failure is its error', async () => {
    const store = new FaultyStore(promised(memoryStore()))
    const sessions = session({ secret: SECRET, store })
    const port = await serve(async (request, response) => {
      await sessions.of(request)
      sessions(request, response, (error) => {
        if (error !== undefined) return response.writeHead(503).end('refused')
        request.session.set('n', 1)
        response.end('the page')
      })
    })
    store.fail('create', 'reject')
    expect(await new Browser(port).get('/')).toMatchObject({ status: 503, body: 'refused', setCookie: [] })
  })

  test('rejects if the store fails', async () => {
    const store = new FaultyStore(memoryStore())
    const app = appOf({ store })
    const cookie = cookieOf(app, await stored(store, {}))
    store.fail('load', 'reject')
    await expect(session({ secret: SECRET, store }).of(requestWith({ cookie }))).rejects.toMatchObject({ status: 503 })
  })
})

describe('ready and close', () => {
  function storeWith(parts: Partial<SessionStore>): SessionStore {
    return Object.assign(new FaultyStore(memoryStore()), parts)
  }

  test('cannot says what the store cannot promise', () => {
    expect(session({ secret: SECRET }).cannot).toEqual([])
    expect(session({ secret: SECRET, store: storeWith({ cannot: ['index'] }) }).cannot).toEqual(['index'])
    expect(session({ secret: SECRET, store: 'cookie' }).cannot).toEqual(expect.arrayContaining(['merge', 'revoke', 'index']))
  })

  test('ready connects once, and resolves when the store is reached', async () => {
    const ready = jest.fn(() => Promise.resolve())
    const sessions = session({ secret: SECRET, store: storeWith({ ready }) })
    await Promise.all([sessions.ready(), sessions.ready()])
    await sessions.ready()
    expect(ready).toHaveBeenCalledTimes(1)
    await session({ secret: SECRET }).ready()
  })

  test('ready rejects with what is in the way, a request too, and the next one tries again', async () => {
    let broken = true
    const store = storeWith({
      ready: async () => {
        if (broken) throw new Error('ECONNREFUSED')
      },
    })
    const sessions = session({ secret: SECRET, store })
    await expect(sessions.ready()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', operation: 'connect' })
    const app = appOf({ store })
    const cookie = cookieOf(app, await stored(store, { n: 1 }))
    await expect(sessions.of(requestWith({ cookie }))).rejects.toMatchObject({ operation: 'connect' })
    broken = false
    expect((await sessions.of(requestWith({ cookie }))).get('n')).toBe(1)
  })

  test('a store that cannot be reached harms no request without a session cookie', async () => {
    const sessions = session({ secret: SECRET, store: storeWith({ ready: () => Promise.reject(new Error('down')) }) })
    const port = await serve((request, response) => sessions(request, response, () => response.end('served')))
    expect((await new Browser(port).get('/')).body).toBe('served')
  })

  test('close ends what the store opened', async () => {
    const closed = jest.fn(() => {})
    await session({ secret: SECRET, store: storeWith({ close: closed }) }).close()
    expect(closed).toHaveBeenCalledTimes(1)
  })
})
