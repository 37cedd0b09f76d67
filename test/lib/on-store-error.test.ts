// What a request gets whose session cannot be loaded.
import { describe, expect, test } from '@jest/globals'
import { memoryStore } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { SECRET, siteOpener } from '../support/site.js'

const openSite = siteOpener()

async function signedIn(onStoreError: 'fail' | 'anonymous' | ((request: { url?: string }) => 'fail' | 'anonymous'), more: object = {}) {
  const store = new FaultyStore(memoryStore())
  const site = await openSite({
    framework: 'Express 5',
    options: { secret: SECRET, store, onStoreError, ...more } as never,
    routes: {
      '/login': async (request, response) => {
        await request.session.signIn(7)
        response.end('in')
      },
      '/look': (request, response) => response.end(`${request.session.get('userId') ?? 'nobody'} ${request.session.info.degraded}`),
      '/note': (request, response) => {
        request.session.set('note', 1)
        response.end('noted')
      },
      '/logout': async (request, response) => {
        await request.session.signOut()
        response.end('out')
      },
    },
  })
  const browser = new Browser(site.port)
  await browser.get('/login')
  return { store, site, browser }
}

describe('a session that cannot be loaded', () => {
  test('is a 503 by default, and never an anonymous one', async () => {
    const { store, browser } = await signedIn('fail')
    store.fail('load', 'reject')
    expect(await browser.get('/look')).toMatchObject({ status: 503, setCookie: [] })
    expect((await browser.get('/look')).body).toBe('7 false')
  })

  test('is anonymous and says that it is degraded, if the application wants that', async () => {
    const { store, browser } = await signedIn('anonymous')
    store.fail('load', 'reject')
    expect(await browser.get('/look')).toMatchObject({ status: 200, body: 'nobody true', setCookie: [] })
    expect((await browser.get('/look')).body).toBe('7 false')
  })

  test('is not stored when it is anonymous, and neither sets nor clears a cookie', async () => {
    const { store, browser } = await signedIn('anonymous')
    const before = store.calls.length
    store.fail('load', 'reject')
    expect(await browser.get('/note')).toMatchObject({ status: 200, body: 'noted', setCookie: [] })
    expect(store.calls.slice(before)).toEqual(['load'])
  })

  test('cannot be signed in to or out of when it is anonymous', async () => {
    const { store, browser } = await signedIn('anonymous')
    for (const path of ['/login', '/logout']) {
      store.fail('load', 'reject')
      expect(await browser.get(path)).toMatchObject({ status: 503, setCookie: [] })
    }
    expect((await browser.get('/look')).body).toBe('7 false')
  })

  test('may be anonymous on some pages and a 503 on others', async () => {
    const { store, browser } = await signedIn((request) => (request.url === '/look' ? 'anonymous' : 'fail'))
    store.fail('load', 'reject')
    expect((await browser.get('/look')).status).toBe(200)
    store.fail('load', 'reject')
    expect((await browser.get('/note')).status).toBe(503)
  })

  test.each(['throw', 'reject'] as const)(
    'ends in the error of the function that was to judge it, if that throws (the store %ss)',
    async (how) => {
      const mistake = new TypeError('mine')
      const { store, site, browser } = await signedIn(() => {
        throw mistake
      })
      store.fail('load', how)
      expect((await browser.get('/look')).status).toBe(500)
      expect(site.errors).toEqual([mistake])
    },
  )

  test("makes nobody anonymous because of the application's own mistake", async () => {
    const mistake = new TypeError('mine')
    const slide = (request: { url?: string }): boolean => {
      if (request.url === '/look') throw mistake
      return true
    }
    const { site, browser } = await signedIn('anonymous', { slide })
    expect((await browser.get('/look')).status).toBe(500)
    expect(site.errors).toEqual([mistake])
  })

  test('is refused at start-up to be anything else', async () => {
    await expect(signedIn('ignore' as never)).rejects.toThrow(/^onStoreError: /)
  })
})
