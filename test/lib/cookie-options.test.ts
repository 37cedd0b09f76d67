import { describe, expect, test } from '@jest/globals'
import { parseSetCookie, stringifySetCookie } from 'cookie'
import fc from 'fast-check'
import { type CookieAttributes, cookiePolicy, serializable } from '../../lib/cookie-options.js'
import { resolveOptions } from '../../lib/resolve-options.js'
import { openAddressLimiter } from '../../stores/address-limiter.js'
import { openStoreByName } from '../../stores/by-name.js'
import { requestWith, SECRET } from './harness.js'

function attributes(key: string, option: unknown): CookieAttributes {
  return cookiePolicy(key, option)(requestWith())
}

describe('the cookie attributes', () => {
  test('are HttpOnly, SameSite=Lax and Path=/ by default, for this host only', () => {
    expect(attributes('sid', undefined)).toEqual({ path: '/', sameSite: 'lax', secure: 'auto', httpOnly: true, partitioned: false })
  })

  test('come from a function of the request, if one is given', () => {
    const policy = cookiePolicy('sid', (request: { url: string }) => ({ path: request.url }))
    expect(policy(requestWith({}, '/a')).path).toBe('/a')
    expect(policy(requestWith({}, '/b')).path).toBe('/b')
    expect(() => cookiePolicy('sid', () => ({ maxAge: 1 }))(requestWith())).toThrow(/^cookie.maxAge: use expiry/)
  })

  test.each([
    ['maxAge', 'use expiry, in seconds'],
    ['expires', 'use expiry, in seconds'],
    ['originalMaxAge', 'use expiry, in seconds'],
    ['signed', 'the cookie is always signed; remove this option'],
    ['encode', 'the value needs no encoding; remove this option'],
    ['name', 'use key'],
    ['key', 'use key, beside cookie'],
    ['colour', 'unknown; known are path, domain, sameSite, secure, httpOnly, partitioned, priority'],
    ['constructor', 'unknown; known are path, domain, sameSite, secure, httpOnly, partitioned, priority'],
  ])('do not include %s, and the sentence says what to write instead', (name, instead) => {
    const attempt = (): unknown => attributes('sid', { [name]: 1 })
    expect(attempt).toThrow(TypeError)
    expect(attempt).toThrow(`cookie.${name}: ${instead}`)
  })

  test.each([
    ['path', [1, '', 'app', null]],
    ['domain', [1, '', null]],
    ['sameSite', [true, 'Lax', 'no', null]],
    ['secure', [1, 'yes', null]],
    ['httpOnly', [1, 'yes', null]],
    ['partitioned', [1, 'yes', null]],
  ] as const)('of a wrong type are a TypeError that names cookie.%s', (name, values) => {
    for (const value of values) expect(() => attributes('sid', { [name]: value })).toThrow(new RegExp(`^cookie.${name}: `))
  })

  test('with a wrong priority are refused', () => {
    expect(() => attributes('sid', { priority: 'urgent' })).toThrow(/^cookie/)
    expect(attributes('sid', { priority: 'high' }).priority).toBe('high')
  })

  test('refuse SameSite=None and Partitioned without Secure (T-19)', () => {
    expect(() => attributes('sid', { sameSite: 'none', secure: false })).toThrow(/^cookie.sameSite: 'none' needs cookie.secure/)
    expect(() => attributes('sid', { partitioned: true, secure: false })).toThrow(/^cookie.partitioned: needs cookie.secure/)
    expect(attributes('sid', { sameSite: 'none' }).sameSite).toBe('none')
  })
})

describe('a prefixed name', () => {
  const HOST = ['__Host-sid', '__HOST-sid', '__host-SID', '__hOsT-sid', '__Host-Http-sid', '__HOST-HTTP-sid']

  test.each(HOST)('%p needs Secure, Path=/ and no Domain, in any letter case (T-20)', (key) => {
    expect(attributes(key, undefined)).toMatchObject({ secure: true, path: '/' })
    expect(() => attributes(key, { secure: false })).toThrow(`key: '${key}' needs cookie.secure: true`)
    expect(() => attributes(key, { secure: 'auto' })).toThrow(`key: '${key}' needs cookie.secure: true`)
    expect(() => attributes(key, { path: '/app' })).toThrow(`key: '${key}' needs cookie.path: '/'`)
    expect(() => attributes(key, { domain: 'example.com' })).toThrow(`key: '${key}' allows no cookie.domain`)
  })

  test.each(['__Secure-sid', '__SECURE-sid'])('%p needs Secure, and allows a path and a domain (T-18, T-20)', (key) => {
    expect(attributes(key, { path: '/app', domain: 'example.com' })).toMatchObject({ secure: true, path: '/app', domain: 'example.com' })
    expect(() => attributes(key, { secure: false })).toThrow(/needs cookie.secure/)
  })

  test.each(['__Http-sid', '__Host-Http-sid', '__hTTp-sid'])('%p needs HttpOnly and Secure', (key) => {
    expect(attributes(key, undefined)).toMatchObject({ httpOnly: true, secure: true })
    expect(() => attributes(key, { httpOnly: false })).toThrow(/needs cookie.httpOnly/)
    expect(() => attributes(key, { secure: false })).toThrow(/needs cookie.secure/)
  })

  test('is checked for a function of the request as well, when it answers', () => {
    expect(() => cookiePolicy('__Host-sid', () => ({ path: '/x' }))(requestWith())).toThrow(/needs cookie.path/)
  })
})

describe('hostile names, paths and domains (T-57)', () => {
  // RFC 6265bis 4.1.1
  const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
  const LINE = new RegExp(`^${TOKEN}=; (Path|Domain)=`)

  test('end in a TypeError at start-up, or in a line that follows the grammar', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.stringMatching(/^[a-z;=,\r\n /.-]{0,20}$/))
    fc.assert(
      fc.property(text, text, fc.option(text), (key, path, domain) => {
        const cookie = { path: `/${path}`, ...(domain === null ? {} : { domain }) }
        let line: string
        try {
          const config = resolveOptions(
            { secret: SECRET, key, cookie },
            { openStore: openStoreByName, openLimiter: openAddressLimiter },
            () => {},
          )
          line = stringifySetCookie(config.key, '', serializable(config.cookie(requestWith())))
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
          expect((error as Error).message).toMatch(/^(key|cookie)/)
          return
        }
        expect(line).toMatch(LINE)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must not pass
        expect(line).not.toMatch(/[\x00-\x1f\x7f-\uffff]/)
        const parsed = parseSetCookie(line)
        // Browsers, and this parser, trim the value of an attribute.
        expect([parsed.name, parsed.path]).toEqual([key, cookie.path.trim()])
        expect(line.split(';').length).toBe(domain === null ? 4 : 5)
      }),
      { numRuns: 2000 },
    )
  })

  test.each(['legit.com; Domain=.parent.tld', 'a.com\r\nSet-Cookie: x=1', 'a.com,b.com', 'a b.com', '\u2028'])(
    'refuse the domain %p',
    (domain) => {
      expect(() => attributes('sid', { domain })).toThrow(/^cookie/)
    },
  )

  test.each(['/; Secure', '/a\r\nX: 1', '/\0', '/é\u0100'])('refuse the path %p', (path) => {
    expect(() => attributes('sid', { path })).toThrow(/^cookie/)
  })
})
