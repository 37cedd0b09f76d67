// A session over several cookies, through the middleware.
import { describe, expect, test } from '@jest/globals'
import { session } from '../../../lib/index.js'
import { EVERY_FRAMEWORK, route } from '../../security/kit.js'
import { Browser } from '../../support/browser.js'
import { type Framework, SECRET, type Site, siteOpener } from '../../support/site.js'

const openSite = siteOpener()

const ROUTES = {
  '/small': route((own) => own.set('text', 'x')),
  '/two': route((own) => own.set('text', 'x'.repeat(4000))),
  '/most': route((own) => own.set('text', 'x'.repeat(5700))),
  '/too-large': route((own) => own.set('text', 'x'.repeat(6200))),
  '/sign-out': route((own) => own.signOut()),
  '/length': route((own) => String(own.get('text') ?? '').length),
}

async function open(framework: Framework): Promise<Site & { browser: Browser }> {
  const options = { store: 'cookie', chunks: 3 } as object
  const site = await openSite({ framework, options, routes: ROUTES })
  return Object.assign(site, { browser: new Browser(site.port) })
}

const names = (browser: Browser): string[] => [...browser.cookies.keys()].sort()

describe.each(EVERY_FRAMEWORK)('a session over several cookies on %s', (framework) => {
  test('grows and shrinks, and leaves no stale part behind', async () => {
    const { browser } = await open(framework)
    await browser.get('/small')
    expect(names(browser)).toEqual(['sid'])
    await browser.get('/two')
    expect(names(browser)).toEqual(['sid.0', 'sid.1'])
    expect((await browser.get('/length')).json()).toBe(4000)
    await browser.get('/most')
    expect((await browser.get('/length')).json()).toBe(5700)
    await browser.get('/small')
    expect([names(browser), (await browser.get('/length')).json()]).toEqual([['sid'], 1])
  })

  test('sends each part with the same attributes, none over 4096 bytes', async () => {
    const { browser } = await open(framework)
    const { setCookie } = await browser.get('/two')
    expect(setCookie).toHaveLength(2)
    for (const line of setCookie) expect(line.length).toBeLessThanOrEqual(4096)
    expect(new Set(setCookie.map((line) => line.slice(line.indexOf(';')))).size).toBe(1)
  })

  test('removes all parts when the user signs out', async () => {
    const { browser } = await open(framework)
    await browser.get('/two')
    await browser.get('/sign-out')
    expect(names(browser)).toEqual([])
  })

  test('T-22: refuses a missing and an extra part, and a session that no number of parts can hold', async () => {
    const { browser, port } = await open(framework)
    await browser.get('/two')
    const [a = '', b = ''] = [browser.cookies.get('sid.0'), browser.cookies.get('sid.1')]
    const wrong = [[a], ['', b], [b, a], [a, b, b], [a, '', b]]
    for (const parts of wrong) {
      const cookies = parts.flatMap((part, n): [string, string][] => (part === '' ? [] : [[`sid.${n}`, part]]))
      expect((await new Browser(port, cookies).get('/length')).json()).toBe(0)
    }
    const refused = await browser.get('/too-large')
    expect([refused.status, refused.setCookie]).toEqual([500, []])
    expect((await browser.get('/length')).json()).toBe(4000)
  })
})

test('the store by name takes the cookie name and the secrets of the session, and its own options alone', () => {
  expect(() => session({ secret: SECRET, store: 'cookie', key: '__Host-sid', cookie: { secure: true } })).not.toThrow()
  expect(() => session({ store: 'cookie' })).toThrow(/^secret: required with the cookie store/)
  expect(() => session({ secret: SECRET, store: 'cookie', servers: [] } as object)).toThrow(/^servers: /)
  expect(() => session({ secret: SECRET, store: 'cookie', revocation: 'memory', audience: 'shop' } as object)).not.toThrow()
  expect(() => session({ secret: SECRET, store: 'cookie', revocation: 'cookie' } as object)).toThrow(/^revocation: /)
})
