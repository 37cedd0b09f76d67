import { describe, expect, test } from '@jest/globals'
import { sign } from 'cookie-signature'
import { joinToken, newHandle, newVerifier } from '../../lib/token.js'
import { appOf, SECRET } from '../lib/harness.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { EVERY_FRAMEWORK, partsOf, placeOpener, route, userOf, valueHeldBy } from './kit.js'

const open = placeOpener()

describe.each(EVERY_FRAMEWORK)('the token on %s', (framework) => {
  test('with any changed bit is anonymous, and costs the store nothing (T-4)', async () => {
    const { browser, port, store, count } = await open(framework)
    await browser.get('/sign-in')
    const value = valueHeldBy(browser)
    const spied = new FaultyStore(store)
    const guarded = await open(framework, { store: spied })
    for (let at = 0; at < value.length; at += 3) {
      const flipped = value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1)
      expect(await userOf(new Browser(guarded.port, [['sid', flipped]]))).toBe('nobody')
    }
    expect([spied.calls, count('rejected')]).toEqual([[], 0])
    expect(guarded.count('rejected')).toBe(Math.ceil(value.length / 3))
    expect(await userOf(new Browser(port, [['sid', value]]))).toBe('ann')
  })

  test('is new at login and at every login after it, and the old one is dead at once (T-7)', async () => {
    const { browser, store, events } = await open(framework)
    await browser.get('/set')
    const copies = [browser.copy()]
    for (let login = 0; login < 3; login++) {
      const { setCookie } = await browser.get('/sign-in')
      expect(setCookie).toHaveLength(1)
      copies.push(browser.copy())
    }
    expect(new Set(copies.map(valueHeldBy)).size).toBe(4)
    expect(await Promise.all(copies.map((copy) => userOf(copy)))).toEqual(['nobody', 'nobody', 'nobody', 'ann'])
    const { handle } = partsOf(valueHeldBy(browser))
    expect(events.filter(({ name }) => name === 'reuse').map((event) => event.handle)).toEqual([handle, handle, handle])
    // Not only refused: it is not in the store any more.
    expect(
      copies.map((copy) => store.load(partsOf(valueHeldBy(copy)).token, { slide: false })).filter((found) => found !== 'reused'),
    ).toHaveLength(1)
  })

  test('rotates by itself when a handler forgets signIn (T-7, promise 4)', async () => {
    const routes = { '/login': route((session) => session.set('user', { id: 7, role: 'admin' })) }
    const { browser } = await open(framework, {}, routes)
    await browser.get('/set')
    const before = browser.copy()
    await browser.get('/login')
    expect((await browser.get('/data')).json()).toEqual({ user: { id: 7, role: 'admin' } })
    expect((await before.get('/data')).json()).toEqual({})
  })

  test('that an attacker planted is worth nothing after the victim signs in with it (T-61)', async () => {
    const { browser: attacker, port, count } = await open(framework)
    await attacker.get('/set')
    const victim = new Browser(port, attacker.cookies)
    await victim.get('/sign-in')
    expect([await userOf(victim), await userOf(attacker), count('reuse')]).toEqual(['ann', 'nobody', 1])
    expect((await victim.get('/data')).json()).toEqual({ userId: 'ann' })
    expect((await attacker.get('/data')).json()).toEqual({})
  })

  test('takes nothing of a stranger along at sign-in, not even an object that the login page has changed in place', async () => {
    const routes = {
      '/plant': route((session) => session.set({ prefs: { admin: true }, list: ['planted'] })),
      '/login': route(async (session) => {
        session.prefs.seen = 1
        await session.signIn('ann')
        session.list?.push('mine')
      }),
      '/forgot': route((session) => {
        session.prefs.seen = 1
        session.userId = 'ann'
      }),
      '/kept': route(async (session) => {
        session.prefs.seen = 1
        await session.signIn('ann', { keep: ['prefs'] })
      }),
      '/set': route(async (session) => {
        session.prefs = { ...session.prefs, seen: 1 }
        await session.signIn('ann')
      }),
    }
    const { port } = await open(framework, {}, routes)
    const prefs = { admin: true, seen: 1 }
    for (const [path, data] of [
      ['/login', { userId: 'ann' }],
      ['/forgot', { userId: 'ann' }],
      ['/kept', { userId: 'ann', prefs }],
      ['/set', { userId: 'ann', prefs }],
    ] as const) {
      const browser = new Browser(port)
      await browser.get('/plant')
      await browser.get(path)
      expect((await browser.get('/data')).json()).toEqual(data)
    }
  })

  test('rotates with an object that says who the user is and was only changed in place, which goes along', async () => {
    const routes = {
      '/plant': route((session) => session.set({ user: { id: null, theme: 'dark' }, prefs: { a: 1 } })),
      '/login': route((session) => {
        session.prefs.a = 2
        session.user.id = 'ann'
      }),
    }
    const { browser } = await open(framework, {}, routes)
    await browser.get('/plant')
    const before = browser.copy()
    await browser.get('/login')
    expect((await browser.get('/data')).json()).toEqual({ user: { id: 'ann', theme: 'dark' } })
    expect((await before.get('/data')).json()).toEqual({})
  })

  test('that is rightly signed but unknown gets a new handle and verifier with the first write (T-45)', async () => {
    const { browser, store, events } = await open(framework)
    const planted = joinToken(newHandle(), newVerifier())
    browser.cookies.set('sid', appOf().signer.seal(planted))
    expect((await browser.get('/info')).json()).toMatchObject({ lost: true, isNew: true, handle: null })
    expect(store.size).toBe(0)
    await browser.get('/set')
    const fresh = partsOf(valueHeldBy(browser))
    expect(fresh.handle).not.toBe(partsOf(planted).handle)
    expect(fresh.verifier).not.toBe(partsOf(planted).verifier)
    expect(events.filter(({ name }) => name === 'rejected')).toEqual([
      expect.objectContaining({ reason: 'unknown', handle: partsOf(planted).handle }),
      expect.objectContaining({ reason: 'unknown' }),
    ])
  })

  test('is believed in the Cookie header and nowhere else (T-40)', async () => {
    const { browser, port } = await open(framework)
    await browser.get('/sign-in')
    const value = valueHeldBy(browser)
    const stranger = new Browser(port)
    const encoded = encodeURIComponent(value)
    for (const path of [`/user?sid=${encoded}`, `/user?session=${encoded}&key=${encoded}`])
      expect(await userOf(stranger, {}, path)).toBe('nobody')
    const headers = ['sid', 'x-session-id', 'x-sid', 'cookie2', 'set-cookie', 'x-auth-token', 'x-csrf-token']
    for (const name of headers) expect(await userOf(stranger, { [name]: name.endsWith('cookie') ? `sid=${value}` : value })).toBe('nobody')
    for (const scheme of ['', 'Bearer ', 'Basic ', 'sid='])
      expect(await userOf(stranger, { authorization: `${scheme}${value}` })).toBe('nobody')
    expect((await stranger.get(`/user;sid=${value}`)).status).toBe(404)
  })

  test('in any other format is anonymous: there is no fall-back decoder (T-70)', async () => {
    const { browser, port } = await open(framework)
    await browser.get('/sign-in')
    const { token, handle } = partsOf(valueHeldBy(browser))
    const data = JSON.stringify({ userId: 'ann' })
    const others = [
      data,
      Buffer.from(data).toString('base64'),
      `j:${data}`,
      `s:${sign(token, SECRET)}`,
      sign(token, SECRET),
      token,
      handle,
      `s:${handle}.x`,
    ]
    for (const value of [...others, ...others.map(encodeURIComponent)]) {
      expect(await userOf(new Browser(port), { cookie: `sid=${value.replaceAll(';', '')}` })).toBe('nobody')
    }
  })
})
