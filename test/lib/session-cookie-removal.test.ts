import { afterEach, describe, expect, jest, test } from '@jest/globals'
import express from 'express'
import { memoryStore, session } from '../../lib/index.js'
import { clearedCookieLines } from '../../lib/session-cookie.js'
import { Browser } from '../support/browser.js'
import { serverOpener } from '../support/site.js'
import { appOf, cookieOf, inProduction, requestWith, SECRET, stored, warnings } from './harness.js'

const serve = serverOpener()

afterEach(() => {
  jest.restoreAllMocks()
})

/** The paths that are named, each once. */
function pathsIn(lines: readonly string[]): string[] {
  return [...new Set(lines.map((line) => /; Path=([^;]*)/.exec(line)?.[1] ?? ''))]
}

describe('removing the cookie', () => {
  test('repeats every attribute that identifies it, with both forms of an end (T-13)', () => {
    const app = appOf({ cookie: { path: '/app', domain: 'example.com', secure: true, partitioned: true }, proxy: true })
    const [line, ...more] = clearedCookieLines(app, requestWith({ 'x-forwarded-proto': 'https' }), false)
    expect(more).toEqual([])
    expect(line).toBe(
      'sid=; Max-Age=0; Domain=example.com; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned; SameSite=Lax',
    )
  })

  test('everywhere names each path above and each domain above once, and the cookie that we set ourselves (T-47)', () => {
    const request = requestWith({ host: 'a.b.example.com:3000' }, '/shop/cart/add?x=/y')
    const pairs = clearedCookieLines(appOf(), request, true).map((line) => {
      expect(line).toMatch(/^sid=; Max-Age=0; /)
      return `${/Domain=([^;]*)/.exec(line)?.[1] ?? '-'} ${/Path=([^;]*)/.exec(line)?.[1]}`
    })
    const paths = ['/', '/shop', '/shop/', '/shop/cart', '/shop/cart/', '/shop/cart/add', '/shop/cart/add/']
    const domains = ['-', 'a.b.example.com', 'b.example.com', 'example.com']
    expect(pairs.sort()).toEqual(paths.flatMap((path) => domains.map((domain) => `${domain} ${path}`)).sort())
  })

  const label = 'a'.repeat(63)
  const urls = ['/', '', '*', '//x/../y', `/${'a/'.repeat(500)}`, '/%00;\r\nX: y', 'http://x/y']

  test.each([
    'localhost',
    '127.0.0.1:80',
    '[::1]',
    '[::1]:80',
    '[fe80::1%25eth0]:3000',
    '::ffff:10.0.0.1',
    '',
    ':80',
    'evil.com; Domain=x',
    'evil.com:80:90',
    'example.com:',
    '-',
    '.',
    '-a.example.com',
    'a-.example.com',
    '_dmarc.example.com',
    '*.example.com',
    '.example.com',
    'example.com.',
    'a..b',
    'bücher.example',
    'user@example.com',
    `a${label}.example.com`,
    `b.a${label}.com`,
    `a.example.${label}a`,
    `${'a.'.repeat(200)}com`,
    `${label}.${label}.${label}.${label}`,
    'x'.repeat(16_000),
  ])('everywhere never throws, takes nothing but a domain, and stays small for the host %p', (host) => {
    for (const url of urls) {
      const lines = clearedCookieLines(appOf(), requestWith({ host }, url), true)
      expect(lines.length).toBeLessThanOrEqual(32)
      for (const line of lines) {
        expect(line).toMatch(/^sid=; Max-Age=0; (Domain=[\w.-]+; )?Path=\/[^;\s]*; Expires=[^;]*; HttpOnly; SameSite=Lax$/)
        expect(/Domain=([^;]*)/.exec(line)?.[1] ?? 'none').toMatch(/^none$|^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/)
      }
    }
  })

  test.each(['example.com:3000', `${label}.example.com`, 'xn--bcher-kva.example.com', 'a.b.c.d.e.f.g.h.example.com:1'])(
    'everywhere names the domains above the honest host %p, in at most 32 lines',
    (host) => {
      for (const url of urls) {
        const lines = clearedCookieLines(appOf(), requestWith({ host }, url), true)
        expect(lines.length).toBeLessThanOrEqual(32)
        expect(lines.some((line) => line.includes('; Domain=example.com; Path=/;'))).toBe(true)
      }
    },
  )

  test('everywhere names the domains above the authority of an HTTP/2 request, which has no Host header', () => {
    const request = requestWith({ ':authority': 'a.example.com:8443' })
    delete request.headers.host
    const lines = clearedCookieLines(appOf(), request, true)
    expect(lines.map((line) => /Domain=([^;]*)/.exec(line)?.[1] ?? '-')).toEqual(['-', 'a.example.com', 'example.com'])
  })

  test('everywhere goes by the path that the browser asked for, also under a mounted router', async () => {
    const below = Object.assign(requestWith({}, '/add?x=/y'), { originalUrl: '/shop/cart/add?x=/y', baseUrl: '/shop/cart' })
    const paths = ['/', '/shop', '/shop/', '/shop/cart', '/shop/cart/', '/shop/cart/add', '/shop/cart/add/']
    expect(pathsIn(clearedCookieLines(appOf(), below, true))).toEqual(paths)

    const store = memoryStore()
    const app = appOf({ store })
    const router = express.Router().use(session({ secret: SECRET, store }), (_req, res) => void res.end())
    const [one, two] = [cookieOf(app, await stored(store, { n: 1 })), cookieOf(app, await stored(store, { n: 2 }))]
    const browser = new Browser(await serve(express().use('/shop/cart', router)))
    const { setCookie } = await browser.get('/shop/cart/add', { cookie: `${one}; ${two}`, host: 'localhost' })
    expect(pathsIn(setCookie)).toEqual(paths)
  })

  test('is possible over plain HTTP in production, and says Secure', () => {
    warnings()
    expect(
      clearedCookieLines(
        inProduction(() => appOf()),
        requestWith(),
        false,
      )[0],
    ).toMatch(/; Secure/)
  })
})
