import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { type SessionOptions, session } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { type Handler, type Site, siteOpener } from '../support/site.js'
import { type AnySession, appOf, OTHER_SECRET, SECRET } from './harness.js'

const openSite = siteOpener()

const SET: Handler = (request, response) => {
  request.session.set('n', Math.random())
  response.end()
}

async function place(routes: Readonly<Record<string, Handler>>, options: SessionOptions = {}): Promise<Site & { browser: Browser }> {
  const site = await openSite({ framework: 'Express 5', options, routes: { '/set': SET, ...routes } })
  return Object.assign(site, { browser: new Browser(site.port) })
}

/** Answers after it did `work`, with these headers of its own. */
function page(work: (session: AnySession) => unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Handler {
  return (request: IncomingMessage, response: ServerResponse) => {
    work(request.session as AnySession)
    response.writeHead(status, headers).end()
  }
}

test('loggers are not told of what is there for caches alone, beside a cookie of the application or not', async () => {
  const told: unknown[] = []
  const ask: (own: readonly string[]) => Handler = (own) => (request, response) => {
    request.session.get('n')
    if (own.length > 0) response.setHeader('Set-Cookie', own)
    response.on('finish', () => told.push(['vary', 'cache-control', 'set-cookie'].map((name) => response.getHeader(name))))
    response.end()
  }
  const { browser } = await place({ '/': ask([]), '/own': ask(['a=1']) })
  await browser.get('/set')
  const heads = [await browser.get('/'), await browser.get('/own')].map(({ headers }) => [headers['vary'], headers['cache-control']])
  expect(heads).toEqual(Array(2).fill(['Cookie', 'private']))
  expect(told).toEqual([
    [undefined, undefined, undefined],
    [undefined, undefined, ['a=1']],
  ])
})

describe('the Set-Cookie header', () => {
  test('is sent when the token is new, and never to slide', async () => {
    const { browser } = await place({ '/read': page((session) => session.get('n')), '/': page(() => {}) })
    expect((await browser.get('/set')).setCookie).toHaveLength(1)
    for (const path of ['/set', '/read', '/']) expect((await browser.get(path)).setCookie).toEqual([])
  })

  test('is sent when the signature is by an old secret, so that the secret can go (T-26)', async () => {
    const { store } = appOf().config
    const first = await openSite({ framework: 'Express 5', options: { store, secret: OTHER_SECRET }, routes: { '/set': SET } })
    const browser = new Browser(first.port)
    await browser.get('/set')
    const old = browser.cookies.get('sid')
    const routes = { '/': page((session) => session.get('n')), '/touch': page(() => {}) }
    const second = await openSite({ framework: 'Express 5', options: { store, secret: [SECRET, OTHER_SECRET] }, routes })
    const later = new Browser(second.port, browser.cookies)
    expect((await later.get('/')).setCookie).toHaveLength(1)
    expect(later.cookies.get('sid')).not.toBe(old)
    expect((await later.get('/')).setCookie).toEqual([])
    const third = await openSite({
      framework: 'Express 5',
      options: { store, secret: SECRET },
      routes: { '/': (req, res) => void res.end(String(req.session.has('n'))) },
    })
    expect((await new Browser(third.port, later.cookies).get('/')).body).toBe('true')
    expect((await new Browser(third.port, browser.cookies).get('/')).body).toBe('false')
  })

  test('leaves the cookies of the application as they are and in order, and has one line of our name (T-58)', async () => {
    const { browser } = await place({
      '/': (request, response) => {
        request.session.set('a', 1)
        response.setHeader('Set-Cookie', ['a=1; Path=/', 'sid=mine', 'b=2'])
        response.end()
      },
      '/twice': async (request, response) => {
        request.session.set('a', 1)
        await request.session.save()
        request.session.set('a', 2)
        await request.session.save()
        response.setHeader('Set-Cookie', 'sid2=x')
        response.end()
      },
    })
    const { setCookie } = await browser.get('/')
    expect(setCookie).toEqual(['a=1; Path=/', 'b=2', expect.stringMatching(/^sid=[\w-]{22}\./)])
    browser.cookies.clear()
    expect((await browser.get('/twice')).setCookie).toEqual(['sid2=x', expect.stringMatching(/^sid=/)])
  })
})

describe('what caches are told (T-51)', () => {
  const read = (session: AnySession): unknown => session.get('n')

  test.each([
    [{}, 'private'],
    [{ 'Cache-Control': 'public, max-age=60' }, 'private, max-age=60'],
    [{ 'Cache-Control': 'PUBLIC' }, 'private'],
    [{ 'Cache-Control': 'max-age=60, s-maxage=600' }, 'private, max-age=60'],
    [{ 'Cache-Control': 'no-store' }, 'no-store'],
    [{ 'Cache-Control': 'private, max-age=5' }, 'private, max-age=5'],
    [{ 'Cache-Control': 'no-cache' }, 'private, no-cache'],
    [{ 'Cache-Control': 'private="set-cookie", public' }, 'private, private="set-cookie"'],
  ])('a response that sets the cookie is never public: %j becomes %p', async (headers, expected) => {
    const { browser } = await place({ '/': page((session) => session.set('a', 1), headers) })
    const answered = await browser.get('/')
    expect([answered.setCookie.length, answered.headers['cache-control'], answered.headers.vary]).toEqual([1, expected, 'Cookie'])
  })

  test.each([
    [{}, 'private', 'Cookie'],
    [{ 'Cache-Control': 'public, max-age=60', Vary: 'Accept' }, 'public, max-age=60', 'Accept, Cookie'],
    [{ Vary: 'accept, cookie' }, 'private', 'accept, cookie'],
    [{ Vary: '*' }, 'private', '*'],
    [{ Vary: 'X-Cookie-Thing' }, 'private', 'X-Cookie-Thing, Cookie'],
  ])('a response that used session data varies by cookie, and is private unless it says otherwise: %j', async (headers, caching, vary) => {
    const { browser } = await place({ '/': page(read, headers) })
    const answered = await browser.get('/')
    expect([answered.headers['cache-control'], answered.headers.vary]).toEqual([caching, vary])
  })

  test.each([200, 204, 302, 304, 404, 500])('is said with status %d, and by HEAD, too', async (status) => {
    const { browser } = await place({ '/': page(read, {}, status) })
    await browser.get('/set')
    const { headers } = await browser.get('/')
    expect([headers.vary, headers['cache-control']]).toEqual(['Cookie', 'private'])
  })

  test.each([
    ['get', (session: AnySession) => session.get('n')],
    ['has', (session: AnySession) => session.has('n')],
    ['take', (session: AnySession) => session.take('m')],
    ['toJSON', (session: AnySession) => JSON.stringify(session)],
    ['a property', (session: AnySession) => session.n],
    ['in', (session: AnySession) => 'n' in session],
    ['Object.keys', (session: AnySession) => Object.keys(session)],
    ['id, which a CSRF token is bound to', (session: AnySession) => session.id],
    ['info, which tells who is signed in', (session: AnySession) => session.info.authenticatedAt],
  ])('is said when the handler read the session by %s', async (_, look) => {
    const { browser } = await place({ '/': page(look) })
    await browser.get('/set')
    expect((await browser.get('/')).headers.vary).toBe('Cookie')
  })

  test('is not said when nobody looked at the session: such a page may be cached for all', async () => {
    const { browser } = await place({ '/': page(() => {}, { 'Cache-Control': 'public' }), '/write': SET })
    await browser.get('/set')
    const { headers } = await browser.get('/')
    expect([headers.vary, headers['cache-control']]).toEqual([undefined, 'public'])
  })

  test('is said when the cookie is removed', async () => {
    const { browser } = await place({ '/out': page((session) => session.signOut(), { 'Cache-Control': 'public' }) })
    await browser.get('/set')
    const { headers, setCookie } = await browser.get('/out')
    expect([setCookie.length, headers['cache-control'], headers.vary]).toEqual([1, 'private', 'Cookie'])
  })
})

describe('several live sessions in one request (T-47)', () => {
  test('are both unused, the name is removed everywhere, and a new session comes after the removals', async () => {
    const { browser, port, count } = await place({
      '/a/b': (request, response) => {
        const { session } = request
        const seen = JSON.stringify([session.toJSON(), session.info.lost])
        if (request.url?.endsWith('?new')) session.set('fresh', 1)
        response.end(seen)
      },
    })
    const other = new Browser(port)
    await browser.get('/set')
    await other.get('/set')
    const cookie = `sid=${browser.cookies.get('sid')}; sid=${other.cookies.get('sid')}`
    const answered = await browser.get('/a/b', { cookie, host: 'app.example.com' })
    expect(answered.body).toBe('[{},false]')
    expect(answered.setCookie.every((line) => line.startsWith('sid=; Max-Age=0'))).toBe(true)
    expect(answered.setCookie.filter((line) => line.includes('Domain=example.com'))).toHaveLength(5)
    const renewed = (await browser.get('/a/b?new', { cookie })).setCookie
    expect(renewed.at(-1)).toMatch(/^sid=[\w-]{22}\./)
    expect(renewed.slice(0, -1).every((line) => line.startsWith('sid=; Max-Age=0'))).toBe(true)
    expect(count('rejected')).toBe(2)
  })
})

test('a listener that is told of everything sees no secret in the response either', async () => {
  const sessions = session({ secret: SECRET })
  expect(Object.keys(sessions)).toEqual(expect.arrayContaining(['list', 'end', 'ready', 'close', 'of', 'on']))
})
