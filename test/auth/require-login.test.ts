import { describe, expect, jest, test } from '@jest/globals'
import { requireFresh, requireLogin } from '../../auth/index.js'
import { memoryStore } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { answer, FRAMEWORKS, type Framework, siteOpener } from '../support/site.js'
import { cookieIn, HTML, sessionIn, shopOpener } from './kit.js'

const openShop = shopOpener()
const openSite = siteOpener()

const LOGIN_REQUIRED = { error: 'login_required', message: 'Sign in first.' }

describe.each(Object.keys(FRAMEWORKS) as Framework[])('requireLogin on %s', (framework) => {
  test('lets whoever is signed in pass, and refuses strangers without a trace', async () => {
    const guard = requireLogin()
    const { port, events } = await openSite({
      framework,
      options: {},
      middlewares: [(req, res, next) => (req.url === '/account' ? guard(req, res, next) : next())],
      routes: {
        '/in': async (req, res) => (await req.session.signIn('ann'), answer(res, 'in')),
        '/account': (_req, res) => answer(res, 'account'),
      },
    })
    const browser = new Browser(port)
    const refused = await browser.get('/account')
    expect([refused.status, refused.json(), refused.setCookie, events]).toEqual([401, LOGIN_REQUIRED, [], []])
    expect(refused.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store', vary: 'Cookie' })
    await browser.get('/in')
    expect((await browser.get('/account')).json()).toBe('account')
  })
})

describe('requireLogin', () => {
  test('asks the resolver of the option user, and nothing else', async () => {
    const routes = { user: (data: Readonly<Record<string, unknown>>) => data['account'] as string }
    const shop = await openShop((app) => app.get('/account', requireLogin(), (_req, res) => void res.end()), routes)
    const ann = shop.visitor()
    await ann.post('/set').send({ userId: 'ann' })
    await ann.get('/account').expect(401)
    await ann.post('/set').send({ account: 'a-1' })
    await ann.get('/account').expect(200)
  })

  test('refuses after a sign-out, and tells whoever brings the cookie of an ended session that it has ended', async () => {
    const shop = await openShop((app) => {
      app.get('/account', requireLogin(), (_req, res) => void res.end())
      app.post('/out-here', async (req, res, next) => (await req.session.signOut(), requireLogin()(req, res, next)))
    })
    const ann = shop.visitor()
    const cookie = cookieIn(await ann.post('/in'))
    await shop.holder(cookie).post('/out-here').expect(401, LOGIN_REQUIRED)
    await shop
      .holder(cookie)
      .get('/account')
      .expect(401, { ...LOGIN_REQUIRED, message: 'Your session has ended. Sign in again.' })
  })

  test('passes what is thrown on: no middleware before it, or a session that could not be loaded, which is no stranger', async () => {
    const errors: unknown[] = []
    requireLogin()({} as never, {} as never, (error) => errors.push(error))
    expect(errors).toMatchObject([{ code: 'ERR_SESSION_MISSING', message: expect.stringMatching(/^requireLogin: /) }])

    const store = new FaultyStore(memoryStore())
    const shop = await openShop((app) => app.get('/account', requireLogin({ redirectTo: '/login' })), { store, onStoreError: 'anonymous' })
    const ann = shop.visitor()
    await ann.post('/in')
    store.fail('load', 'reject')
    await ann.get('/account').set(HTML).expect(503, { failed: 'ERR_SESSION_STORE' })
  })
})

describe('requireLogin with a page', () => {
  const open = () =>
    openShop((app) => {
      app.use(requireLogin({ redirectTo: '/login?lang=de' }))
      app.all('/login', (_req, res) => void res.send('login'))
      app.all('/account', (_req, res) => void res.send('account'))
    })

  test('sends a browser there by 303, with the way back, and writes nothing', async () => {
    const shop = await open()
    const response = await shop.visitor().get('/account?tab=2&q=a%20b').set(HTML).expect(303)
    expect(response.headers['location']).toBe('/login?lang=de&returnTo=%2Faccount%3Ftab%3D2%26q%3Da%2520b')
    expect([response.headers['cache-control'], response.headers['set-cookie']]).toEqual(['no-store', undefined])
  })

  test.each([
    ['says that it fetches', { Accept: 'text/html', 'Sec-Fetch-Mode': 'cors' }],
    ['accepts JSON', { Accept: 'application/json' }],
    ['accepts anything', { Accept: '*/*' }],
    ['accepts anything but HTML', { Accept: 'text/html;q=0, */*' }],
    ['says that it is a script', { Accept: 'text/html', 'X-Requested-With': 'XMLHttpRequest' }],
    ['says nothing', { Accept: '' }],
  ])('gives a 401 to what %s', async (_, headers) => {
    const shop = await open()
    await shop.visitor().get('/account').set(headers).expect(401, LOGIN_REQUIRED)
  })

  test('lets the page itself through, in all methods, and nothing that only looks like it', async () => {
    const shop = await open()
    await shop.visitor().get('/login?returnTo=/account').set(HTML).expect(200, 'login')
    await shop.visitor().post('/login').expect(200, 'login')
    for (const path of ['/login/x', '/Login', '/account/login', '/loginx', '/%6cogin', '//login']) {
      expect([path, (await shop.visitor().get(path)).status]).toEqual([path, 401])
    }
  })

  test('knows the path as it was sent, also where it is mounted below one', async () => {
    const shop = await openShop((app) => app.use('/admin', requireLogin({ redirectTo: '/login' })))
    const response = await shop.visitor().get('/admin/login').set(HTML).expect(303)
    expect(response.headers['location']).toBe('/login?returnTo=%2Fadmin%2Flogin')
  })

  test.each([
    [
      'the page that the form stands on, if the browser says that it is ours',
      { 'Sec-Fetch-Site': 'same-origin' },
      '/login?returnTo=%2Fedit%3Fid%3D1',
    ],
    ['no page of another site', { 'Sec-Fetch-Site': 'cross-site' }, '/login'],
    ['no page of another host', {}, '/login'],
  ])('leads after a form back to %s', async (_, headers, location) => {
    const shop = await openShop((app) => app.use(requireLogin({ redirectTo: '/login' })))
    const referer = { Referer: 'https://shop.example/edit?id=1#top' }
    const response = await shop
      .visitor()
      .post('/save')
      .set({ ...HTML, ...referer, ...headers })
      .expect(303)
    expect(response.headers['location']).toBe(location)
  })

  test('leads after a form of an older browser back to the page of the same host, and never to the login page', async () => {
    const shop = await openShop((app) => app.use(requireLogin({ redirectTo: '/login' })))
    const post = async (referer: string) => {
      const sent = shop.visitor().post('/save').set({ Accept: 'text/html', Host: 'shop.example', Referer: referer })
      return (await sent.expect(303)).headers['location']
    }
    expect(await post('http://shop.example/edit')).toBe('/login?returnTo=%2Fedit')
    expect(await post('http://shop.example/login?returnTo=/x')).toBe('/login')
    expect(await post('http://shop.example//evil.example/')).toBe('/login')
    expect(await post('not a URL')).toBe('/login')
  })

  test.each(['//evil.example/x', '/.//evil.example', '/%5Cevil.example', '/x%0d%0aSet-Cookie:a=b'])(
    'does not remember %s',
    async (path) => {
      const shop = await openShop((app) => app.use(requireLogin({ redirectTo: '/login' })))
      const answer = await new Browser(shop.port).get(path, HTML)
      expect([answer.status, answer.headers.location]).toEqual([303, '/login'])
    },
  )
})

describe('a wrong option of requireLogin', () => {
  test.each([
    ['redirectTo', 'https://login.example/'],
    ['redirectTo', '//login.example'],
    ['redirectTo', 'login'],
    ['redirectTo', ''],
    ['secondFactorTo', '/\\evil'],
  ])('is a TypeError at once: %s: %j', (name, value) => {
    expect(() => requireLogin({ [name]: value })).toThrow(new TypeError(`${name}: expected a path on the own site, such as '/login'`))
  })

  test('is one that it does not know', () => {
    expect(() => requireLogin({ redirect: '/login' } as never)).toThrow(
      new TypeError('redirect: unknown option; requireLogin knows redirectTo, secondFactorTo'),
    )
    expect(() => requireLogin({ confirmTo: '/confirm' } as never)).toThrow(/^confirmTo: unknown option/)
  })

  test.each(['600', 0, -1, Number.NaN, undefined, 'soon'])('is %p for a duration of requireFresh', (value) => {
    expect(() => requireFresh(value as never)).toThrow(/^requireFresh: /)
  })
})

test('a handler behind requireLogin still reads and writes the session', async () => {
  const shop = await openShop((app) => {
    app.get('/visits', requireLogin(), async (req, res) => void res.json(await sessionIn(req).increment('visits')))
  })
  const ann = shop.visitor()
  await ann.post('/in')
  await ann.get('/visits').expect(200, '1')
  await ann.get('/visits').expect(200, '2')
})

test('the entry works with another copy of this package, as when one is the ES module and the other CommonJS', async () => {
  let other: typeof import('../../auth/index.js') | undefined
  await jest.isolateModulesAsync(async () => {
    other = await import('../../auth/index.js')
  })
  const guard = other?.requireLogin() ?? requireLogin()
  expect(other?.requireLogin).not.toBe(requireLogin)
  const shop = await openShop((app) => {
    app.get('/account', guard, (_req, res) => void res.end())
    app.post('/confirm', async (req, res) => (await other?.reauthenticated(req), res.end()))
  })
  const ann = shop.visitor()
  await ann.get('/account').expect(401)
  await ann.post('/confirm').expect(401, { failed: 'ERR_SESSION_NOT_SIGNED_IN' })
  await ann.post('/in')
  await ann.get('/account').expect(200)
})
