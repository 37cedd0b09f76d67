// The option `bind`, over real requests.
import { createServer } from 'node:http'
import { type AddressInfo, connect as connectSocket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, test } from '@jest/globals'
import { type BindOptions, memoryStore, session } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { promised } from '../support/faulty-store.js'
import { SECRET } from '../support/site.js'
import { BEHIND_PROXY, boundOpener, eventsOf, factsOf, from, listenerOf, userAt } from './binding-kit.js'

const open = boundOpener()
const HOME = from('192.0.2.7', 'Firefox')
const AWAY = from('198.51.100.1', 'Firefox')

const EXACT: BindOptions = { ip: 'exact', userAgent: 'exact' }

describe.each(BEHIND_PROXY)('a bound session of %s', (kind) => {
  test('is not bound unless the option says so', async () => {
    const { browser, store, seen } = await open(kind, {})
    await browser.get('/sign-in', HOME)
    expect(await userAt(browser, from('198.51.100.1', 'curl'))).toBe('ann')
    expect([store.calls, seen]).toEqual([['create', 'load'], []])
  })

  test('is found at one command and without a cookie as long as nothing differs', async () => {
    const { browser, store, seen } = await open(kind, { bind: { ...EXACT, certificate: 'exact', onMismatch: 'end' } })
    await browser.get('/sign-in', HOME)
    for (const path of ['/', '/untouched']) expect((await browser.get(path, HOME)).setCookie).toEqual([])
    expect(await userAt(browser, HOME)).toBe('ann')
    expect([store.calls, seen]).toEqual([['create', 'load', 'load', 'load'], []])
  })

  test('that comes from elsewhere is not used, and lives on untouched for whom it was made', async () => {
    const { browser, store, seen } = await open(kind, { bind: EXACT })
    await browser.get('/sign-in', HOME)
    const { status, setCookie, json } = await browser.copy().get('/', from('198.51.100.1', 'curl'))
    expect([status, setCookie, json()]).toEqual([200, [], { user: 'nobody', lost: true, degraded: false }])
    const handle = expect.any(String)
    expect(seen).toEqual([
      { name: 'mismatch', handle, userId: 'ann', what: ['address', 'agent'], action: 'rejected' },
      { name: 'rejected', handle, reason: 'mismatch' },
    ])
    expect(store.calls).toEqual(['create', 'load'])
    expect(await userAt(browser, HOME)).toBe('ann')
  })

  test('that comes from elsewhere takes no change: what is written there begins another session', async () => {
    const { browser, store } = await open(kind, { bind: EXACT })
    await browser.get('/sign-in', HOME)
    const thief = browser.copy()
    await thief.get('/write', AWAY)
    expect(store.calls).toEqual(['create', 'load', 'create'])
    expect(thief.cookies.get('sid')).not.toBe(browser.cookies.get('sid'))
    expect(await userAt(browser, HOME)).toBe('ann')
  })

  test('ends with onMismatch: end, at a second command, also for whom it was made', async () => {
    const { browser, store, seen } = await open(kind, { bind: { ...EXACT, onMismatch: 'end' } })
    await browser.get('/sign-in', HOME)
    const { setCookie, json } = await browser.copy().get('/', AWAY)
    expect([setCookie, json()]).toEqual([[], { user: 'nobody', lost: true, degraded: false }])
    const handle = expect.any(String)
    expect(seen).toEqual([
      { name: 'mismatch', handle, userId: 'ann', what: ['address'], action: 'ended' },
      { name: 'ended', handle, userId: 'ann', reason: 'mismatch' },
    ])
    expect(store.calls).toEqual(['create', 'load', 'destroy'])
    expect(await userAt(browser, HOME)).toBe('nobody')
  })

  test('is used all the same where a mismatch is only logged', async () => {
    const { browser, store, seen } = await open(kind, { bind: { ip: 'log', userAgent: 'log', certificate: 'log', onMismatch: 'end' } })
    await browser.get('/sign-in', HOME)
    const { setCookie, json } = await browser.get('/', from('198.51.100.1', 'curl'))
    expect([setCookie, json()]).toEqual([[], { user: 'ann', lost: false, degraded: false }])
    expect(seen).toEqual([{ name: 'mismatch', handle: expect.any(String), userId: 'ann', what: ['address', 'agent'], action: 'logged' }])
    expect(store.calls).toEqual(['create', 'load'])
  })

  test.each([
    ['192.0.2.7', ['192.0.2.7', '192.0.2.200', '::ffff:192.0.2.9', '::ffff:c000:209', '192.0.2.9:4711'], ['192.0.3.7', '2001:db8::7']],
    ['2001:db8:1:2::7', ['2001:db8:1:2:ffff::1', '2001:DB8:1:2:0:0:0:7'], ['2001:db8:1:3::7', '192.0.2.7']],
  ])('made at %s is used in its whole network with subnet, and nowhere else', async (home, near, far) => {
    const { browser } = await open(kind, { bind: { ip: 'subnet' } })
    await browser.get('/sign-in', from(home))
    for (const address of near) expect([address, await userAt(browser, from(address))]).toEqual([address, 'ann'])
    for (const address of far) expect([address, await userAt(browser.copy(), from(address))]).toEqual([address, 'nobody'])
  })

  test('is not opened by an address that the client puts before that of the proxy', async () => {
    const { browser } = await open(kind, { bind: { ip: 'exact' } })
    await browser.get('/sign-in', HOME)
    expect(await userAt(browser.copy(), from('192.0.2.7, 198.51.100.1'))).toBe('nobody')
    expect(await userAt(browser, from('203.0.113.1, 192.0.2.7'))).toBe('ann')
  })

  test.each(['', 'unknown', ', ,', '192.0.2.7, x', `${'1.'.repeat(4000)}`, 'fe80::1%eth0\t\u00ff', '[::1'])(
    'is not opened by a forwarded address that is none, and that is no error (case %#)',
    async (text) => {
      const { browser } = await open(kind, { bind: { ip: 'exact' } })
      await browser.get('/sign-in', HOME)
      const { status, json } = await browser.copy().get('/', from(text))
      expect([status, json()]).toMatchObject([200, { user: 'nobody' }])
      const made = browser.copy()
      expect((await made.get('/sign-in', from(text))).status).toBe(200)
      // The connection's own address is stored, and compared.
      expect(await userAt(made, from(text))).toBe('ann')
    },
  )

  test('is bound anew by a sign-in', async () => {
    const { browser, seen, store } = await open(kind, { bind: { ip: 'log', userAgent: 'log' } })
    await browser.get('/write', HOME)
    await browser.get('/sign-in', { 'x-forwarded-for': '198.51.100.1' })
    expect(seen).toHaveLength(1)
    await browser.get('/', { 'x-forwarded-for': '198.51.100.1' })
    await browser.get('/', from('198.51.100.1', 'any agent, since there was none at the sign-in'))
    expect(seen).toHaveLength(1)
    await browser.get('/', HOME)
    expect(seen[1]).toMatchObject({ name: 'mismatch', what: ['address'] })
    expect(await factsOf(store, 'ann')).toMatchObject([{ address: '198.51.100.1', agent: '' }])
  })

  test('that was planted in the browser of another does not push out the one that fits', async () => {
    const { browser, port, seen } = await open(kind, { bind: { ip: 'exact' } })
    const attacker = new Browser(port)
    await attacker.get('/sign-in', AWAY)
    await browser.get('/sign-in', HOME)
    const cookie = `sid=${attacker.cookies.get('sid')}; sid=${browser.cookies.get('sid')}`
    const { setCookie, json } = await new Browser(port).get('/', { ...HOME, cookie })
    expect([setCookie, json()]).toEqual([[], { user: 'ann', lost: false, degraded: false }])
    expect(seen.map(({ name }) => name)).toEqual(['mismatch', 'rejected'])
  })
})

describe('a session that should end, but the store fails,', () => {
  test.each(['throw', 'reject', 'hang'] as const)('is not used: the request fails, and the next one may end it (%s)', async (how) => {
    const { browser, store, seen } = await open('node:http with proxy: true', {
      bind: { ip: 'exact', onMismatch: 'end' },
      storeTimeout: '100ms',
    })
    await browser.get('/sign-in', HOME)
    if (how === 'hang') store.hang('destroy')
    else store.fail('destroy', how)
    const { status, setCookie, body } = await browser.copy().get('/', AWAY)
    expect([status, setCookie, body]).toEqual([503, [], ''])
    expect(seen.map(({ name, action, reason }) => [name, action ?? reason])).toEqual([
      ['mismatch', 'rejected'],
      ['rejected', 'mismatch'],
    ])
    expect(await userAt(browser.copy(), AWAY)).toBe('nobody')
    expect(seen.slice(2).map(({ name, action, reason }) => [name, action ?? reason])).toEqual([
      ['mismatch', 'ended'],
      ['ended', 'mismatch'],
    ])
  })

  test('is not used by a request that may go on without the store either', async () => {
    const bind: BindOptions = { ip: 'exact', onMismatch: 'end' }
    const { browser, store } = await open('node:http with proxy: true', { bind, onStoreError: 'anonymous' }, promised(memoryStore()))
    await browser.get('/sign-in', HOME)
    store.fail('destroy', 'reject')
    expect((await browser.copy().get('/', AWAY)).json()).toEqual({ user: 'nobody', lost: false, degraded: true })
  })
})

describe('without a trusted proxy', () => {
  test.each(['Express 5', 'node:http'] as const)('%s believes no forwarded address', async (kind) => {
    const { browser, store, seen } = await open(kind, { bind: { ip: 'exact' } })
    await browser.get('/sign-in', HOME)
    expect(await userAt(browser, AWAY)).toBe('ann')
    expect(seen).toEqual([])
    expect(await factsOf(store, 'ann')).toMatchObject([{ address: '127.0.0.1' }])
  })

  const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
  ;(hasIPv6 ? test : test.skip)('a connection over IPv4 is the same on a server of IPv6, and one over IPv6 is not', async () => {
    const { browser, store } = await open('node:http', { bind: { ip: 'exact' } })
    await browser.get('/sign-in')
    const answers: unknown[] = []
    for (const [listens, comes] of [['::', '127.0.0.1'] as const, ['::1', '::1'] as const]) {
      const server = createServer(listenerOf('node:http', session({ secret: SECRET, store, bind: { ip: 'exact' } })))
      await new Promise<void>((resolve) => server.listen(0, listens, resolve))
      const { port } = server.address() as AddressInfo
      const cookie = `sid=${browser.cookies.get('sid')}`
      const response = await fetch(`http://${comes === '::1' ? '[::1]' : comes}:${port}/`, { headers: { cookie, connection: 'close' } })
      answers.push(((await response.json()) as { user: unknown }).user)
      server.close()
    }
    expect(answers).toEqual(['ann', 'nobody'])
  })
})

describe('the user agent', () => {
  const BIND: BindOptions = { userAgent: 'exact' }

  test('is compared as it is stored: cut, and made printable', async () => {
    const store = memoryStore()
    const sessions = session({ secret: SECRET, store, bind: BIND })
    const server = createServer({ maxHeaderSize: 200_000 }, listenerOf('node:http', sessions))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const browser = new Browser((server.address() as AddressInfo).port)
    for (const agent of ['x'.repeat(65_536), 'a\tb\u00e9\u00ff', 'Mozilla/5.0 (X11; Linux x86_64)']) {
      const own = browser.copy()
      expect((await own.get('/sign-in', { 'user-agent': agent })).status).toBe(200)
      expect(await userAt(own, { 'user-agent': agent })).toBe('ann')
      expect(await userAt(own.copy(), { 'user-agent': `!${agent}` })).toBe('nobody')
      expect(await userAt(own.copy(), {})).toBe('nobody')
    }
    for (const { agent } of await sessions.list({ user: 'ann' })) expect(agent).toMatch(/^[\x20-\x7e]{1,256}$/)
    server.close()
    await sessions.close()
  })

  test('of a session that was made without one does not bind it', async () => {
    const { browser } = await open('node:http', { bind: BIND })
    await browser.get('/sign-in')
    expect(await userAt(browser, { 'user-agent': 'curl' })).toBe('ann')
  })
})

test('an upgrade is judged like any request', async () => {
  const store = memoryStore()
  const sessions = session({ secret: SECRET, store, bind: { userAgent: 'exact' } })
  const seen = eventsOf(sessions)
  const server = createServer(listenerOf('node:http', sessions))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const browser = new Browser(port)
  await browser.get('/sign-in', { 'user-agent': 'Firefox' })
  const users: unknown[] = []
  server.on('upgrade', async (request, socket) => {
    users.push((await sessions.of(request)).get('userId'))
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  })
  for (const agent of ['Firefox', 'curl']) {
    const socket = connectSocket(port, '127.0.0.1')
    const head = ['GET / HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: x', `User-Agent: ${agent}`]
    socket.write(`${[...head, `Cookie: sid=${browser.cookies.get('sid')}`].join('\r\n')}\r\n\r\n`)
    socket.resume()
    await new Promise((resolve) => socket.on('close', resolve))
  }
  expect(users).toEqual(['ann', undefined])
  expect(seen.map(({ name }) => name)).toEqual(['mismatch', 'rejected'])
  server.close()
  await sessions.close()
})
