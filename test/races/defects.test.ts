// The defects of reference/field.md that concern the core and are no races.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, createServer, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { memoryStore, session } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore, promised } from '../support/faulty-store.js'
import { answer, type Routes, SECRET, serverOpener, siteOpener } from '../support/site.js'

const serve = serverOpener()
const openSite = siteOpener()

const DATA: Routes = {
  '/start': (req, res) => {
    req.session.set({ a: 1, list: [1] })
    answer(res, 'started')
  },
  '/data': (req, res) => answer(res, req.session),
}

async function start(routes: Routes = {}) {
  const store = new FaultyStore(memoryStore())
  const site = await openSite({ framework: 'Express 5', options: { store }, routes: { ...DATA, ...routes } })
  return { site, store, browser: new Browser(site.port) }
}

describe('D5: a value that cannot be stored', () => {
  const VALUES: Readonly<Record<string, () => unknown>> = {
    'a BigInt': () => 10n,
    'a BigInt inside an object': () => ({ count: 10n }),
    'a cycle': () => {
      const cycle: { self?: unknown } = {}
      cycle.self = cycle
      return cycle
    },
    'a function': () => () => {},
  }

  test.each(Object.keys(VALUES))('%s ends the response with 500 that names the key to the application, and saves nothing', async (kind) => {
    const { site, store, browser } = await start({
      '/set': (req, res) => {
        req.session.set('wrong', VALUES[kind]?.())
        answer(res, 'the page')
      },
    })
    const refused = await browser.get('/set')
    expect(refused).toMatchObject({ status: 500, setCookie: [] })
    expect(refused.body).not.toContain('the page')
    expect(site.errors).toMatchObject([{ code: 'ERR_SESSION_DATA', key: 'wrong' }])
    expect(store.calls).toEqual([])
  })

  test('a BigInt that comes in by a change in place ends the response with 500, and the session stays as it was', async () => {
    const { site, browser } = await start({
      '/push': (req, res) => {
        req.session.list.push(10n)
        req.session.a = 2
        res.end('the page')
      },
    })
    await browser.get('/start')
    expect(await browser.get('/push')).toMatchObject({ status: 500, setCookie: [] })
    expect(site.errors).toMatchObject([{ code: 'ERR_SESSION_DATA', key: 'list' }])
    expect((await browser.get('/data')).json()).toEqual({ a: 1, list: [1] })
  })
})

describe('D6: HTTP/2', () => {
  const closing: (() => void)[] = []
  afterEach(() => {
    for (const close of closing.splice(0)) close()
  })

  async function startHttp2() {
    const store = new FaultyStore(promised(memoryStore()))
    const sessions = session({ secret: SECRET, store })
    const server = createServer((request, response) => {
      const [req, res] = [request as unknown as IncomingMessage, response as unknown as ServerResponse]
      sessions(req, res, (error) => {
        if (error !== undefined) res.writeHead(503).end()
        else if (req.url === '/write') {
          req.session.a = ((req.session.a as number | undefined) ?? 0) + 1
          res.writeHead(302, { location: '/data' }).end()
        } else res.end(JSON.stringify(req.session))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    closing.push(() => {
      client.destroy()
      server.close()
    })
    const get = (path: string, cookie?: string) =>
      new Promise<{ headers: IncomingHttpHeaders & { ':status'?: number }; body: string }>((resolve, reject) => {
        const stream = client.request({ ':path': path, ...(cookie === undefined ? {} : { cookie }) })
        let head: IncomingHttpHeaders = {}
        let body = ''
        stream.on('response', (headers) => {
          head = headers
        })
        stream.setEncoding('utf8').on('data', (part: string) => {
          body += part
        })
        stream.on('end', () => resolve({ headers: head, body })).on('error', reject)
      })
    return { store, get }
  }

  test('D6: a session is stored and read over HTTP/2, and the response waits for the save', async () => {
    const { store, get } = await startHttp2()
    const first = await get('/write')
    const [cookie = ''] = first.headers['set-cookie']?.[0]?.split(';') ?? []
    const held = store.holdCall('update')
    let answered = false
    const pending = get('/write', cookie).finally(() => {
      answered = true
    })
    await held.reached
    expect((await get('/data', cookie)).body).toBe('{"a":1}')
    expect(answered).toBe(false)
    held.open()
    expect((await pending).headers).toMatchObject({ ':status': 302, location: '/data' })
    expect((await get('/data', cookie)).body).toBe('{"a":2}')
  })

  test('D4, D6: a save that fails gives 503 over HTTP/2 and no cookie', async () => {
    const { store, get } = await startHttp2()
    store.fail('create', 'reject')
    const { headers } = await get('/write')
    expect(headers[':status']).toBe(503)
    expect(headers).not.toHaveProperty('set-cookie')
  })
})

test.each([
  ['http', false],
  ['https', true],
] as const)('D8: a cookie function that says secure: auto is resolved per request, over %s', async (protocol, secure) => {
  const sessions = session({ secret: SECRET, store: memoryStore(), proxy: true, cookie: () => ({ secure: 'auto', sameSite: 'lax' }) })
  const app = express()
    .use(sessions)
    .get('/', (req, res) => {
      req.session.a = 1
      res.end()
    })
  const { setCookie } = await new Browser(await serve(app)).get('/', { 'x-forwarded-proto': protocol })
  expect(setCookie).toHaveLength(1)
  expect(/; Secure/i.test(setCookie[0] ?? '')).toBe(secure)
})

test('D9: two middlewares that share one store each keep to their own cookie, attributes and sessions', async () => {
  const store = memoryStore()
  const show = (req: IncomingMessage, res: ServerResponse): void => {
    req.session.n = ((req.session.n as number | undefined) ?? 0) + 1
    answer(res, req.session)
  }
  const app = express()
  app.use('/a', session({ secret: SECRET, store, key: 'a', expiry: 111, maxLifetime: 111 }), show)
  app.use(
    '/b',
    session({ secret: SECRET, store, key: 'b', expiry: 999, maxLifetime: 999, cookie: { sameSite: 'strict', path: '/b' } }),
    show,
  )
  const browser = new Browser(await serve(app))
  const [toA, toB] = [await browser.get('/a'), await browser.get('/b')]
  expect(toA.setCookie).toEqual([expect.stringMatching(/^a=.*; Max-Age=111; Path=\/; HttpOnly; SameSite=Lax$/)])
  expect(toB.setCookie).toEqual([expect.stringMatching(/^b=.*; Max-Age=999; Path=\/b; HttpOnly; SameSite=Strict$/)])
  expect([(await browser.get('/a')).json(), (await browser.get('/a')).json(), (await browser.get('/b')).json()]).toEqual([
    { n: 2 },
    { n: 3 },
    { n: 2 },
  ])
})

test('D9: the cookie of one middleware, renamed, does not open its session in another that has the same secret and store', async () => {
  const store = memoryStore()
  const app = express()
  app.use('/a', session({ secret: SECRET, store, key: 'a' }), (req, res) => {
    req.session.admin = true
    res.end()
  })
  app.use('/b', session({ secret: SECRET, store, key: 'b' }), (req, res) => answer(res, req.session))
  const browser = new Browser(await serve(app))
  await browser.get('/a')
  browser.cookies.set('b', String(browser.cookies.get('a')))
  expect((await browser.get('/b')).json()).toEqual({})
})

describe('D10: two cookies of our name', () => {
  test.each(['dead first', 'dead last', 'broken first'])('D10: the one whose session lives is used: %s', async (order) => {
    const { browser } = await start({
      '/end': async (req, res) => {
        await req.session.destroy()
        answer(res, 'ended')
      },
    })
    await browser.get('/start')
    const dead = String(browser.cookies.get('sid'))
    await browser.get('/end')
    await browser.get('/start')
    const valid = String(browser.cookies.get('sid'))
    const values = { 'dead first': [dead, valid], 'dead last': [valid, dead], 'broken first': ['%E0%', valid] }[order] ?? []
    browser.cookies.clear()
    const answered = await browser.get('/data', { cookie: values.map((value) => `sid=${value}`).join('; ') })
    expect(answered.json()).toEqual({ a: 1, list: [1] })
    expect(answered.setCookie).toEqual([])
  })
})

describe('D11: after the first byte of a response that has no session yet', () => {
  const LATE: Readonly<Record<string, (req: IncomingMessage) => unknown>> = {
    set: (req) => req.session.set('a', 1),
    'an assignment': (req) => {
      req.session.a = 1
    },
    update: (req) => req.session.update('a', () => 1),
    increment: (req) => req.session.increment('a'),
    signIn: (req) => req.session.signIn(7),
  }

  test.each(Object.keys(LATE))('D11: %s throws SessionClosedError, since no cookie can be sent, and stores nothing', async (name) => {
    const late: unknown[] = []
    const { store, browser } = await start({
      '/stream': async (req, res) => {
        res.write('begun, ')
        try {
          await LATE[name]?.(req)
        } catch (error) {
          late.push(error)
        }
        res.end('ended')
      },
    })
    expect(await browser.get('/stream')).toMatchObject({ status: 200, body: 'begun, ended', setCookie: [] })
    expect(late).toMatchObject([{ code: 'ERR_SESSION_CLOSED' }])
    expect(store.issued).toEqual([])
  })
})
