import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { type MemoryStore, memoryStore, type SessionOptions } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { answer, type Routes, type Site, siteOpener } from '../support/site.js'
import { type AnySession, clockAt, MINUTE } from './harness.js'

const openSite = siteOpener()

interface Place extends Site {
  readonly browser: Browser
  readonly store: MemoryStore
}

async function place(routes: Routes, options: SessionOptions = {}, store = memoryStore()): Promise<Place> {
  const site = await openSite({ framework: 'Express 5', options: { store, ...options }, routes })
  return Object.assign(site, { browser: new Browser(site.port), store })
}

/** A route that works on the session and answers with what the work gives. */
function route(
  work: (session: AnySession, request: IncomingMessage) => unknown,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const result: unknown = await work(request.session as AnySession, request)
    answer(response, result ?? null)
  }
}

const all = route((session) => session.toJSON())

describe('the data of a session over HTTP', () => {
  test('get, set, has, delete: what one request sets the next one reads', async () => {
    const { browser } = await place({
      '/set': route((session) => session.set('cart', ['pear'])),
      '/read': route((session) => [session.get('cart'), session.has('cart'), session.has('none'), session.get('none') ?? 'absent']),
      '/delete': route((session) => session.delete('cart')),
    })
    await browser.get('/set')
    expect((await browser.get('/read')).json()).toEqual([['pear'], true, false, 'absent'])
    await browser.get('/delete')
    expect((await browser.get('/read')).json()).toEqual([null, false, false, 'absent'])
  })

  test('set takes several keys at once, and undefined deletes one (T-71)', async () => {
    const { browser } = await place({
      '/set': route((session) => session.set({ a: 1, b: [2], c: null })),
      '/unset': route((session) => session.set({ a: undefined, b: undefined })),
      '/': all,
    })
    await browser.get('/set')
    expect((await browser.get('/')).json()).toEqual({ a: 1, b: [2], c: null })
    await browser.get('/unset')
    expect((await browser.get('/')).json()).toEqual({ c: null })
  })

  test('set with a ttl is forgotten when it is over, and the rest is not', async () => {
    const clock = clockAt(1_700_000_000_000)
    const routes = { '/set': route((session) => (session.set('code', 1234, { ttl: '5m' }), session.set('name', 'Ann'))), '/': all }
    const { browser } = await place(routes, {}, memoryStore({ clock }))
    await browser.get('/set')
    clock.now += 4 * MINUTE
    expect((await browser.get('/')).json()).toEqual({ code: 1234, name: 'Ann' })
    // The deadline is a little late: the time that passes between the start of the request and the call counts.
    clock.now += MINUTE + 1000
    expect((await browser.get('/')).json()).toEqual({ name: 'Ann' })
  })

  test('set with a ttl that is no duration throws at once', async () => {
    const { browser, errors } = await place({ '/': route((session) => session.set('code', 1, { ttl: '300' })) })
    expect((await browser.get('/')).status).toBe(500)
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(/^ttl: '300' has no unit/) })])
  })

  test('clear drops all data, also what another request added meanwhile', async () => {
    const { browser } = await place({
      '/set': route((session) => session.set({ a: 1, b: 2 })),
      '/clear': route((session) => (session.clear(), session.set('c', 3))),
      '/': all,
    })
    await browser.get('/set')
    await browser.get('/clear')
    expect((await browser.get('/')).json()).toEqual({ c: 3 })
  })

  test('take reads a key and removes it', async () => {
    const { browser } = await place({
      '/set': route((session) => session.set('flash', { text: 'saved' })),
      '/take': route((session) => [session.take('flash') ?? null, session.take('flash') ?? null]),
    })
    await browser.get('/set')
    expect((await browser.get('/take')).json()).toEqual([{ text: 'saved' }, null])
    expect((await browser.get('/take')).json()).toEqual([null, null])
  })

  test('an object that was handed out is saved when it was changed in place', async () => {
    const { browser, count } = await place({
      '/set': route((session) => session.set('user', { name: 'Ann', roles: ['a'] })),
      '/change': route((session) => session.get('user').roles.push('b')),
      '/': all,
    })
    await browser.get('/set')
    await browser.get('/change')
    expect((await browser.get('/')).json()).toEqual({ user: { name: 'Ann', roles: ['a', 'b'] } })
    expect(count('changed')).toBe(1)
  })

  test('update and increment resolve to the new value, and a forgotten await is harmless', async () => {
    const { browser } = await place({
      '/awaited': route(async (session) => [await session.increment('n'), await session.update('list', (list) => [...(list ?? []), 'x'])]),
      '/forgotten': route((session) => void session.increment('n', 10)),
      '/': all,
    })
    expect((await browser.get('/awaited')).json()).toEqual([1, ['x']])
    expect((await browser.get('/awaited')).json()).toEqual([2, ['x', 'x']])
    await browser.get('/forgotten')
    expect((await browser.get('/')).json()).toEqual({ n: 12, list: ['x', 'x'] })
  })

  test('a failure that nobody awaited is reported by the commit, and is no unhandled rejection', async () => {
    const { browser, errors } = await place({
      '/set': route((session) => session.set('name', 'Ann')),
      '/forgotten': route((session) => void session.increment('name')),
      '/caught': route((session) => session.increment('name').catch(() => 'caught')),
    })
    await browser.get('/set')
    expect((await browser.get('/forgotten')).status).toBe(500)
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(/^increment: /) })])
    expect((await browser.get('/caught')).json()).toBe('caught')
  })
})

describe('save and reload over HTTP', () => {
  test('save commits early, with a promise or a callback', async () => {
    const { browser, count } = await place({
      '/promise': route(async (session) => (session.set('a', 1), await session.save(), session.info.handle !== null)),
      '/callback': route(
        (session) =>
          new Promise((resolve, reject) => (session.set('b', 2), void session.save((error) => (error ? reject(error) : resolve('saved'))))),
      ),
      '/': all,
    })
    expect((await browser.get('/promise')).json()).toBe(true)
    expect((await browser.get('/callback')).json()).toBe('saved')
    expect((await browser.get('/')).json()).toEqual({ a: 1, b: 2 })
    expect([count('created'), count('changed')]).toEqual([1, 1])
  })

  test('save rejects with SessionGoneError if the session was ended meanwhile, in both forms', async () => {
    const ending = (session: AnySession): void => {
      session.set('a', 2)
      void store.index.end(session.info.handle as string)
    }
    const routes = {
      '/set': route((session) => session.set('a', 1)),
      '/promise': route(async (session) => (ending(session), session.save().catch(({ code }) => code))),
      '/callback': route(
        async (session) => (ending(session), new Promise((resolve) => session.save((error) => resolve((error as { code: string }).code)))),
      ),
    }
    const { browser, store, count } = await place(routes)
    for (const path of ['/promise', '/callback']) {
      browser.cookies.clear()
      await browser.get('/set')
      const { status, setCookie, json } = await browser.get(path)
      expect([status, json(), setCookie]).toEqual([200, 'ERR_SESSION_GONE', []])
    }
    expect([count('gone'), store.size]).toEqual([2, 0])
  })

  test('reload goes back to what is stored, and forgets what this request changed', async () => {
    const { browser } = await place({
      '/set': route((session) => session.set('a', 1)),
      '/reload': route(async (session) => {
        session.set('a', 2)
        session.delete('b')
        await session.reload()
        const first = session.toJSON()
        session.set('a', 3)
        await new Promise((resolve) => session.reload(resolve))
        return [first, session.toJSON()]
      }),
      '/': all,
    })
    await browser.get('/set')
    expect((await browser.get('/reload')).json()).toEqual([{ a: 1 }, { a: 1 }])
    expect((await browser.get('/')).json()).toEqual({ a: 1 })
  })

  test('reload rejects with SessionGoneError if nothing is stored', async () => {
    const { browser } = await place({ '/': route((session) => session.reload().catch(({ code }) => code)) })
    expect((await browser.get('/')).json()).toBe('ERR_SESSION_GONE')
  })
})

describe('values that cannot be stored', () => {
  const ring: Record<string, unknown> = {}
  ring['self'] = ring
  const deep: unknown = JSON.parse(`${'['.repeat(33)}${']'.repeat(33)}`)

  test.each([
    ['a BigInt', { n: 1n }],
    ['a function', { n: () => 1 }],
    ['a cycle', ring],
    ['a depth over 32', deep],
    ['more than 64 KiB', 'x'.repeat(65_536)],
  ])('%s: a SessionDataError that names the key, before any byte, and the response ends (T-78)', async (_, value) => {
    const { browser, errors } = await place({
      '/keep': route((session) => session.set('name', 'Ann')),
      '/set': (request, response) => {
        ;(request.session as AnySession).set('bad', value)
        response.setHeader('X-Handler', 'yes')
        response.end('the answer of the handler')
      },
      '/': all,
    })
    await browser.get('/keep')
    const { status, body, headers, setCookie } = await browser.get('/set')
    expect([status, setCookie, headers['x-handler']]).toEqual([500, [], undefined])
    expect(body).not.toContain('the answer of the handler')
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_DATA', key: 'bad' })])
    expect((await browser.get('/')).json()).toEqual({ name: 'Ann' })
  })

  test('is 64 KiB by default, and what maxBytes says', async () => {
    const routes = { '/set': route((session, { headers }) => session.set('a', 'x'.repeat(Number(headers['x-length'])))) }
    const sized = async (options: SessionOptions, length: number): Promise<number> =>
      (await (await place(routes, options)).browser.get('/set', { 'x-length': String(length) })).status
    expect([await sized({}, 65_533), await sized({}, 65_534), await sized({ maxBytes: 10 }, 7), await sized({ maxBytes: 10 }, 8)]).toEqual([
      200, 500, 200, 500,
    ])
  })
})

describe('a session when the response has gone', () => {
  test('can be read, and set throws SessionClosedError', async () => {
    let held: AnySession | undefined
    const { browser } = await place({
      '/set': route((session) => session.set('a', 1)),
      '/end': (request, response) => {
        held = request.session as AnySession
        response.end('done')
      },
    })
    await browser.get('/set')
    await browser.get('/end')
    expect([held?.get('a'), held?.has('a'), held?.toJSON(), held?.a]).toEqual([1, true, { a: 1 }, 1])
    for (const write of [() => held?.set('a', 2), () => held?.delete('a'), () => held?.clear(), () => held?.take('a')]) {
      expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
    }
    await expect(held?.increment('n')).rejects.toMatchObject({ code: 'ERR_SESSION_CLOSED' })
    await expect(held?.signIn('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_CLOSED' })
  })
})
