import { connect as connectSocket } from 'node:net'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { memoryStore } from '../../lib/index.js'
import { inProduction, warnings } from '../lib/harness.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import type { Handler } from '../support/site.js'
import { EVERY_FRAMEWORK, placeOpener, route, userOf, valueHeldBy } from './kit.js'

const open = placeOpener()

afterEach(() => {
  jest.restoreAllMocks()
})

/** The status line of a raw request with these header lines. */
function rawStatus(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1').on('data', (part) => {
      text += part
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.write(['GET /user HTTP/1.1', 'Host: localhost', 'Connection: close', ...lines, '', ''].join('\r\n'))
  })
}

describe.each(EVERY_FRAMEWORK)('the cookie on %s', (framework) => {
  test('never travels over plain HTTP in production, and that is said once (T-18)', async () => {
    const warned = warnings()
    const { browser, store } = await inProduction(() => open(framework))
    for (let i = 0; i < 3; i++) expect((await browser.get('/sign-in', { 'x-forwarded-proto': 'https' })).setCookie).toEqual([])
    expect([store.size, warned.codes().filter((code) => code === 'STEADY_SESSION_INSECURE').length]).toEqual([0, 1])
  })

  test('is Secure behind a proxy that is trusted, and behind no other (T-18)', async () => {
    warnings()
    const trusting = await inProduction(() => open(framework, { proxy: true }))
    expect((await trusting.browser.get('/sign-in', { 'x-forwarded-proto': 'https' })).setCookie[0]).toMatch(/; Secure/)
    expect((await new Browser(trusting.port).get('/sign-in', { 'x-forwarded-proto': 'http' })).setCookie).toEqual([])
  })

  test('leads to nothing if two sessions come at once, in both orders, and to the one that is valid else (T-47)', async () => {
    const { browser: attacker, port, events } = await open(framework)
    const victim = new Browser(port)
    await attacker.get('/sign-in')
    await victim.get('/sign-in')
    const [a, v] = [valueHeldBy(attacker), valueHeldBy(victim)]
    const stranger = new Browser(port)
    for (const cookie of [`sid=${a}; sid=${v}`, `sid=${v}; sid=${a}`]) expect(await userOf(stranger, { cookie })).toBe('nobody')
    expect(events.filter(({ reason }) => reason === 'several')).toHaveLength(2)
    for (const cookie of [
      `sid=junk; sid=${v}`,
      `sid=${v}; sid=junk`,
      `sid=${v}; sid=${v}`,
      `SID=${a}; sid=${v}`,
      `__Host%2Dsid=${a}; sid=${v}`,
    ]) {
      expect(await userOf(stranger, { cookie })).toBe('ann')
    }
  })

  test('has one line of our name whatever the handler does, and the others stay (T-58)', async () => {
    const routes = {
      '/cookies': (async (request, response) => {
        response.setHeader('Set-Cookie', ['a=1', 'sid=of-the-handler; Path=/', 'b=2'])
        await request.session.signIn('ann')
        await request.session.save()
        await request.session.signIn('bob')
        response.end()
      }) satisfies Handler,
    }
    const { browser } = await open(framework, {}, routes)
    const { setCookie } = await browser.get('/cookies')
    expect(setCookie).toEqual(['a=1', 'b=2', expect.stringMatching(/^sid=[\w-]{22}\./)])
    expect(await userOf(browser)).toBe('bob')
  })

  test('may come in several header lines, and in 15 KB of others; 17 KB is 431, as Node says (T-60)', async () => {
    const { browser, port } = await open(framework)
    await browser.get('/sign-in')
    const ours = `sid=${valueHeldBy(browser)}`
    expect(await rawStatus(port, ['Cookie: a=1', `Cookie: ${ours}`])).toMatch(/"ann"/)
    expect(await rawStatus(port, [`Cookie: ${ours}`, 'cookie: b=2'])).toMatch(/"ann"/)
    expect(await rawStatus(port, [`Cookie: a=${'x'.repeat(15_000)}; ${ours}`])).toMatch(/"ann"/)
    expect(await rawStatus(port, [`Cookie: a=${'x'.repeat(17_000)}; ${ours}`])).toMatch(/^HTTP\/1.1 431 /)
  })

  // express-session keeps the cookie's options in req.session.cookie; here that is a key of the application's data.
  test('keeps its attributes, whatever a request does to req.session.cookie (T-64)', async () => {
    const routes = {
      '/spoil': route((session) => {
        session.cookie = { maxAge: 1, path: '/evil', domain: 'evil.example', httpOnly: false }
        session.cookie.secure = false
      }),
    }
    const { port } = await open(framework, {}, routes)
    const lineOf = async (path: string): Promise<string> =>
      ((await new Browser(port).get(path)).setCookie[0] ?? '').replace(/^sid=[^;]*/, 'sid')
    const before = await lineOf('/set')
    expect(await lineOf('/spoil')).toBe(before)
    expect(await lineOf('/set')).toBe(before)
  })

  test('of one name is nothing under another, though both share the secret and the store (T-73)', async () => {
    const store = memoryStore()
    const users = await open(framework, { store, key: 'sid' })
    const admins = await open(framework, { store, key: 'admin' })
    await users.browser.get('/sign-in')
    const value = valueHeldBy(users.browser)
    expect(
      await userOf(
        new Browser(admins.port, [
          ['admin', value],
          ['sid', value],
        ]),
      ),
    ).toBe('nobody')
    expect(await userOf(users.browser)).toBe('ann')
  })

  test('named by a request header called __proto__ crashes nothing (T-81)', async () => {
    const { port } = await open(framework)
    const hostile = ['__proto__: x', '__proto__: sid=1', 'constructor: y', 'prototype: z', 'hasOwnProperty: 1']
    expect(await rawStatus(port, hostile)).toMatch(/^HTTP\/1.1 200 [\s\S]*"nobody"/)
    expect(await rawStatus(port, ['Cookie: __proto__=1; constructor=2; sid=3'])).toMatch(/^HTTP\/1.1 200 /)
  })

  test('in 16 KB of hostile text costs a few milliseconds and no call to the store (T-46, T-80)', async () => {
    const store = new FaultyStore(memoryStore())
    const { port } = await open(framework, { store })
    const [size, hostile] = [
      15_000,
      [';', '=', '"\\', 'sid=', 'sid=;', 'sid="', '%', "sid=' OR 1=1--;", 'sid=__proto__;', 'sid=../../etc/passwd;'],
    ]
    for (const part of hostile) {
      expect(await userOf(new Browser(port), { cookie: part.repeat(Math.floor(size / part.length)) })).toBe('nobody')
    }
    expect(store.calls).toEqual([])
  })
})
