import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { stringifySetCookie } from 'cookie'
import fc from 'fast-check'
import type { SessionApp } from '../../lib/app.js'
import { mayCarryCookie, readSessionCookies, sessionCookieLines } from '../../lib/session-cookie.js'
import type { SessionFacts, SessionStore } from '../../lib/store.js'
import { joinToken, newHandle, newVerifier } from '../../lib/token.js'
import { memoryStore } from '../../stores/memory.js'
import { appOf, DAY, inProduction, requestWith, SECOND, warnings } from './harness.js'

afterEach(() => {
  jest.restoreAllMocks()
})

const NOW = Date.UTC(2026, 10, 21)

function facts(changes: Partial<SessionFacts> = {}): SessionFacts {
  const times = { createdAt: NOW, startedAt: NOW, authenticatedAt: null, seenAt: NOW }
  return { id: 'id', idleMs: 14 * DAY, lifetimeMs: 30 * DAY, persistent: true, indexes: {}, ...times, ...changes }
}

function newToken(): string {
  return joinToken(newHandle(), newVerifier())
}

function tokensIn(app: SessionApp, cookie: string): string[] {
  return readSessionCookies(app, requestWith({ cookie })).tokens.map(({ token }) => token)
}

function lineFor(app: SessionApp, headers: Record<string, string> = {}, changes: Partial<SessionFacts> = {}, now = NOW): string | null {
  return sessionCookieLines(app, requestWith(headers), newToken(), facts(changes), now)[0] ?? null
}

describe('reading the session cookie', () => {
  const app = appOf()
  const [one, two] = [newToken(), newToken()]
  const [a, b] = [app.signer.seal(one), app.signer.seal(two)]

  test('finds it wherever it stands in the header, with or without space (T-60)', () => {
    for (const cookie of [
      `sid=${a}`,
      `x=1; sid=${a}`,
      `x=1;sid=${a};y=2`,
      `  sid=${a}  ; y`,
      `\tsid=${a}`,
      `;;sid=${a};;`,
      `x="a;sid=${a}`,
    ]) {
      expect(tokensIn(app, cookie)).toEqual([one])
    }
  })

  test('compares the name byte for byte and undecoded (T-47)', () => {
    for (const name of ['SID', 'Sid', '%73id', 's%69d', 'sid ', 'xsid', 'sid%20', 'sid[]', 'sid.0', '"sid"', '__Host-sid', '$sid', 'ſid']) {
      expect(tokensIn(app, `${name}=${a}`)).toEqual([])
    }
    const host = appOf({ key: '__Host-sid' })
    expect(tokensIn(host, `__Host%2Dsid=${host.signer.seal(one)}; __host-sid=${host.signer.seal(one)}`)).toEqual([])
    expect(tokensIn(host, `__Host-sid=${host.signer.seal(one)}`)).toEqual([one])
  })

  test('does not decode or unquote the value either', () => {
    for (const value of [`"${a}"`, encodeURIComponent(a), `s%3A${a}`, a.replace('.', '%2E'), `${a},`, `${a}\\`]) {
      expect(value === a ? [] : tokensIn(app, `sid=${value}`)).toEqual([])
    }
  })

  test('returns every candidate whose signature holds, each once (T-47)', () => {
    expect(tokensIn(app, `sid=${a}; sid=${b}; sid=${a}`)).toEqual([one, two])
    expect(tokensIn(app, `sid=forged; sid=${b}`)).toEqual([two])
  })

  test('stops at four candidates that hold and at 64 that might, and junk that cannot be ours does not count (T-80)', () => {
    const open = jest.spyOn(app.signer, 'open')
    const forged = (): string => a.slice(0, 66) + app.signer.seal(newToken()).slice(66)
    const cookies = (length: number, value: () => string): string => Array.from({ length }, () => `sid=${value()}`).join('; ')
    expect(tokensIn(app, cookies(100, forged))).toEqual([])
    expect(open).toHaveBeenCalledTimes(64)
    expect(
      tokensIn(
        app,
        cookies(9, () => app.signer.seal(newToken())),
      ),
    ).toHaveLength(4)
    expect(open).toHaveBeenCalledTimes(68)
    expect(tokensIn(app, `${cookies(60, forged)}; sid=${a}`)).toEqual([one])
    expect(tokensIn(app, `${'sid=junk; '.repeat(1000)}sid=${a}`)).toEqual([one])
    expect(tokensIn(app, `${`sid=${forged()}; `.repeat(100)}sid=${a}`)).toEqual([one])
  })

  test('in parts or not, is no longer than what browsers keep in one, and one that is longer is there and opens nothing', () => {
    const { config } = appOf()
    const sealing = appOf({ store: Object.assign(Object.create(config.store), { sealsToken: true, tokenParts: 3 }) })
    const read = (cookie: string) => readSessionCookies(sealing, requestWith({ cookie }))
    expect(read(`sid=${'x'.repeat(4096)}`)).toEqual({ tokens: [{ token: 'x'.repeat(4096), stale: false }], present: true })
    expect(read(`sid=${'x'.repeat(4097)}`)).toEqual({ tokens: [], present: true })
    expect(read('sid.0=x; sid.1=y')).toEqual({ tokens: [{ token: 'x.y', stale: false }], present: true })
    expect(read('sid.1=y')).toEqual({ tokens: [], present: true })
    expect(read('other=y')).toEqual({ tokens: [], present: false })
  })

  test('trims white space around a value, and takes none inside of one, however long it runs (T-80)', () => {
    for (const space of [' ', '\t', ' \t']) {
      const run = space.repeat(15_800 / space.length)
      for (const cookie of [`sid=${run}${a}`, `sid=${a}${run}`, `${run}sid=${a}`, `sid=${run}${a}${run};x=1`]) {
        expect(tokensIn(app, cookie)).toEqual([one])
      }
      for (const inner of [`sid=x${run}x`, `sid=${a}${run}x`, `sid=x${run}${a}`, `sid=${a.slice(0, 30)}${run}${a.slice(30)}`]) {
        expect(readSessionCookies(app, requestWith({ cookie: inner }))).toEqual({ tokens: [], present: true })
        expect(tokensIn(app, `${inner}; sid=${b}`)).toEqual([two])
      }
    }
  })

  test('tells whether a cookie of our name was there at all', () => {
    expect(readSessionCookies(app, requestWith())).toEqual({ tokens: [], present: false })
    expect(readSessionCookies(app, requestWith({ cookie: 'other=1' }))).toEqual({ tokens: [], present: false })
    expect(readSessionCookies(app, requestWith({ cookie: 'sid=' }))).toEqual({ tokens: [], present: true })
  })

  test.each([
    ['semicolons', ';'.repeat(16_384)],
    ['equals signs', '='.repeat(16_384)],
    ['escaped quotes', '"\\'.repeat(8192)],
    ['empty cookies of our name', 'sid='.repeat(4096)],
    ['cookies of our name', 'sid=;'.repeat(3276)],
    ['spaces before each', `${' '.repeat(50)}sid=;`.repeat(290)],
    ['one long value', `sid=${'A'.repeat(16_380)}`],
  ])('costs no more than a few milliseconds for 16 KB of %s (T-80)', (_, cookie) => {
    const before = process.hrtime.bigint()
    for (let i = 0; i < 20; i++) expect(tokensIn(app, cookie)).toEqual([])
    expect(Number(process.hrtime.bigint() - before) / 20 / 1e6).toBeLessThan(5)
  })
})

describe('the Set-Cookie line', () => {
  test('has the name that was chosen, every attribute written out, and no trace of a framework (T-44, T-62)', () => {
    expect(lineFor(appOf())).toMatch(/^sid=[\w-]{22}\.[\w-]{43}\.[\w+/]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
    const options = {
      path: '/app',
      domain: 'example.com',
      sameSite: 'strict',
      secure: true,
      httpOnly: false,
      partitioned: true,
      priority: 'high',
    } as const
    const proxy = { key: 'app', cookie: options, proxy: true }
    const line = lineFor(appOf(proxy), { 'x-forwarded-proto': 'https' })
    expect(line).toMatch(/^app=/)
    const attributes = ['Max-Age=2592000', 'Domain=example.com', 'Path=/app', 'Secure', 'Partitioned', 'Priority=High', 'SameSite=Strict']
    expect(line?.split('; ').slice(1).sort()).toEqual(attributes.sort())
  })

  test('lives as long as the absolute lifetime has left, and at most 400 days (T-59)', () => {
    expect(lineFor(appOf(), {}, {}, NOW + 10 * DAY)).toMatch(/Max-Age=1728000;/)
    expect(lineFor(appOf(), {}, {}, NOW + 30 * DAY - 1)).toMatch(/Max-Age=1;/)
    expect(lineFor(appOf(), {}, { lifetimeMs: null })).toMatch(/Max-Age=34560000;/)
    expect(lineFor(appOf(), {}, { lifetimeMs: 500 * DAY })).toMatch(/Max-Age=34560000;/)
  })

  test('is to the byte what the cookie library writes, whatever the attributes', () => {
    const options = fc.record(
      {
        path: fc.constantFrom('/', '/app', '/a b'),
        domain: fc.constantFrom('example.com', '.example.com'),
        sameSite: fc.constantFrom('lax' as const, 'strict' as const, 'none' as const),
        secure: fc.constantFrom(true, 'auto' as const),
        httpOnly: fc.boolean(),
        partitioned: fc.boolean(),
        priority: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(options, fc.boolean(), fc.boolean(), fc.boolean(), (cookie, perRequest, https, persistent) => {
        const app = appOf({ proxy: true, cookie: perRequest ? () => cookie : cookie })
        const headers = { 'x-forwarded-proto': https ? 'https' : 'http' }
        const line = lineFor(app, headers, { persistent })
        if (line === null) return expect(https).toBe(false)
        const value = line.slice('sid='.length, line.indexOf(';'))
        const { secure: _secure, ...rest } = app.config.cookie(requestWith(headers))
        const age = persistent ? { maxAge: 2_592_000 } : {}
        expect(line).toBe(stringifySetCookie('sid', value, { ...rest, ...age, secure: https, encode: String }))
      }),
    )
  })

  test.each([';', '\r\n', ' ', 'é', '\x7f'])('is refused, without showing it, if the store made a token that holds %j', (text) => {
    const app = appOf({ store: Object.assign(memoryStore(), { sealsToken: true }) as SessionStore })
    const lines = (token: string, times = {}): string[] => sessionCookieLines(app, requestWith(), token, facts(times), NOW)
    expect(() => lines(`hunter${text}2`)).toThrow(/^the store made a token that no cookie can hold$/)
    expect(() => lines('a', { startedAt: Number.NaN })).toThrow(TypeError)
  })

  test('has Max-Age in whole seconds', () => {
    expect(lineFor(appOf(), {}, {}, NOW + 1.5 * SECOND)).toMatch(/Max-Age=2591998;/)
  })

  test('of a session that is not remembered has neither Max-Age nor Expires (T-53)', () => {
    expect(lineFor(appOf(), {}, { persistent: false })).not.toMatch(/max-age|expires/i)
  })

  test('never names an attribute twice (T-58)', () => {
    const names = (lineFor(appOf({ cookie: { domain: 'example.com', priority: 'low' } })) ?? '')
      .split('; ')
      .map((part) => part.split('=', 1)[0])
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('a secure cookie (T-18)', () => {
  test('follows the connection outside of production, and is never sent over plain HTTP in production', () => {
    const warned = warnings()
    expect(lineFor(appOf())).not.toMatch(/Secure/)
    const app = inProduction(() => appOf())
    expect(lineFor(app)).toBeNull()
    expect(lineFor(app)).toBeNull()
    expect(mayCarryCookie(app, requestWith())).toBe(false)
    expect(warned.codes().filter((code) => code === 'STEADY_SESSION_INSECURE')).toHaveLength(1)
    expect(warned.text()).toMatch(/trust proxy/)
  })

  test('is marked on a TLS connection', () => {
    const request = requestWith()
    Object.assign(request.socket, { encrypted: true })
    expect(
      sessionCookieLines(
        inProduction(() => appOf()),
        request,
        newToken(),
        facts(),
        NOW,
      )[0],
    ).toMatch(/; Secure/)
  })

  test('believes X-Forwarded-Proto only where a proxy is declared', () => {
    warnings()
    const https = { 'x-forwarded-proto': 'https' }
    expect(
      lineFor(
        inProduction(() => appOf()),
        https,
      ),
    ).toBeNull()
    expect(
      lineFor(
        inProduction(() => appOf({ proxy: false })),
        https,
      ),
    ).toBeNull()
    expect(
      lineFor(
        inProduction(() => appOf({ proxy: true })),
        https,
      ),
    ).toMatch(/; Secure/)
    expect(lineFor(appOf({ proxy: true }), { 'x-forwarded-proto': 'https, http' })).toMatch(/; Secure/)
    expect(lineFor(appOf({ proxy: true }), { 'x-forwarded-proto': 'http, https' })).not.toMatch(/; Secure/)
  })

  test('believes what Express says of a trusted proxy, unless the option proxy decides', () => {
    warnings()
    const trusted = Object.assign(requestWith(), { secure: true })
    expect(
      mayCarryCookie(
        inProduction(() => appOf()),
        trusted,
      ),
    ).toBe(true)
    expect(
      mayCarryCookie(
        inProduction(() => appOf({ proxy: false })),
        trusted,
      ),
    ).toBe(false)
  })

  test('that must be Secure is not sent over plain HTTP outside of production either', () => {
    warnings()
    for (const cookie of [{ secure: true }, { sameSite: 'none' }, { partitioned: true }] as const)
      expect(lineFor(appOf({ cookie }))).toBeNull()
    expect(lineFor(inProduction(() => appOf({ cookie: { secure: false } })))).not.toMatch(/Secure/)
  })
})
