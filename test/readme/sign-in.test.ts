// The recipes for who signs in: with what, for how long, in how many places, and from where.
import { expect, test } from '@jest/globals'
import request from 'supertest'
import * as auth from '../../auth/index.js'
import * as main from '../../lib/index.js'
import * as testing from '../../testing/index.js'
import { readme, siteOpener, snippetWith } from './kit.js'

const open = siteOpener()

test('the recipe of sign-in and sign-out gives a new cookie and takes it away', async () => {
  const { app, server, sessions, run } = await open()
  app.use(sessions)
  const findUser = async (_email: string, password: string) => (password === 'right' ? { id: 7 } : null)
  await run(snippetWith("app.post('/logout',"), { app, findUser })
  expect((await request(server).post('/login').send('password=wrong')).status).toBe(401)
  const login = await request(server).post('/login').send('password=right').expect(302)
  const cookie = String(login.headers['set-cookie']).split(';', 1)[0] as string
  const logout = await request(server).post('/logout').set('Cookie', cookie).expect(302)
  expect(String(logout.headers['set-cookie'])).toMatch(/^sid=; Max-Age=0/)
})

test('the recipe of remembering has two kinds of cookie, and its table the numbers of the policies', async () => {
  const { app, server, own, run } = await open()
  await run(snippetWith('policies.aal2'), { app: { ...own, post: app.post.bind(app) }, session: main.session, userIdOf: async () => 7 })
  const cookies = async (form: string) => String((await request(server).post('/login').send(form).expect(302)).headers['set-cookie'])
  expect(await cookies('remember=on')).toContain(`Max-Age=${30 * 24 * 60 * 60}`)
  expect(await cookies('')).not.toMatch(/Max-Age|Expires/)
  const rows = [...readme.matchAll(/^\| `policies\.(\w+)` \| (.+?) \| (.+?) \| (.+?) \|/gm)].map(([, name, idle, life, cookie]) => [
    name,
    idle,
    life,
    cookie,
  ])
  const written = (duration: string) =>
    duration.replace(/(\d+)([dhm])/, (_, n, unit) => `${n} ${{ d: 'day', h: 'hour', m: 'minute' }[unit as 'd']}${n === '1' ? '' : 's'}`)
  expect(rows).toEqual(
    Object.entries(main.policies).map(([name, { expiry, maxLifetime, remember }]) => [
      name,
      written(expiry),
      written(maxLifetime),
      remember === false ? 'ends with the browser' : 'kept',
    ]),
  )
})

test('the recipe of a login sends strangers away and brings them back, and asks for the password again', async () => {
  const { app, server, sessions, run } = await open()
  app.use(sessions)
  app.post('/login', async (req, res) => (await req.session.signIn(7), res.redirect(auth.returnTo(req))))
  const isPasswordOf = async (userId: number, password: string) => userId === 7 && password === 'right'
  await run(snippetWith('requireFresh('), { app, isPasswordOf })
  app.get('/account', (_req, res) => void res.send('Your account'))
  const agent = request.agent(server)
  await agent.get('/account').expect(401)
  const away = await agent.get('/account').set('Accept', 'text/html').expect('Location', '/login?returnTo=%2Faccount')
  await agent.post(String(away.headers['location'])).expect('Location', '/account')
  await agent.get('/account').expect('Your account')
  await agent.post('/account/delete').expect('Deleted.')
  await agent.post('/confirm').send('password=wrong').expect(401)
  await agent.post('/confirm?returnTo=//evil.example').send('password=right').expect('Location', '/')
})

test('the recipe of a second factor signs in after both, and after no more than five attempts', async () => {
  const { app, server, sessions, run } = await open()
  app.use(sessions)
  const findUser = async (_email: string, password: string) => (password === 'right' ? { id: 7 } : null)
  const isCodeOf = async (_userId: number, code: string) => code === '123456'
  await run(snippetWith('beginSignIn('), { app, findUser, isCodeOf })
  app.get('/account', auth.requireLogin(), (_req, res) => void res.send('Your account'))
  const agent = request.agent(server)
  await agent.post('/login/code').send('code=123456').expect('Location', '/login')
  await agent.post('/login/password').send('password=wrong').expect(401)
  const step = await agent.post('/login/password?returnTo=/account').send('password=right').expect(302)
  expect(step.headers['location']).toBe('/login/code?returnTo=%2Faccount')
  await agent.get('/account').expect(401)
  await agent.post('/login/code').send('code=000000').expect(401)
  await agent.post(String(step.headers['location'])).send('code=123456').expect('Location', '/account')
  await agent.get('/account').expect('Your account')
  await agent.post('/login/password').send('password=right')
  for (let attempt = 0; attempt < 5; attempt++) await agent.post('/login/code').send('code=000000').expect(401)
  await agent.post('/login/code').send('code=123456').expect(401)
})

test('the recipe of signing out everywhere ends the sessions of the user', async () => {
  const { app, server, run } = await open()
  const holder: { sessions?: main.Sessions } = {}
  const snippet = `${snippetWith('logout-everywhere')}\nholder.sessions = sessions`
  await run(snippet, { app, session: main.session, holder })
  const mine = holder.sessions as main.Sessions
  const [one, two] = [await testing.cookieFor(mine, { userId: 7 }), await testing.cookieFor(mine, { userId: 7 })]
  expect((await request(server).get('/devices').set('Cookie', one.header)).body).toHaveLength(2)
  expect((await request(server).post('/logout-everywhere').set('Cookie', one.header)).text).toBe('2 sessions ended')
  expect(await mine.count({ user: 7 })).toBe(0)
  expect(two.header).not.toBe(one.header)
  await mine.close()
})

test('the recipe of limiting ends the sixth session', async () => {
  const { app, server, own, run } = await open()
  const made: main.Sessions[] = []
  await run(snippetWith('perUser: 5'), { app: { use: (each: main.Sessions) => void made.push(each) }, session: main.session })
  const [limited] = made as [main.Sessions]
  own.use(limited)
  app.get('/in', async (req, res) => void (await req.session.signIn(7), res.end()))
  for (let n = 0; n < 6; n++) await request(server).get('/in').expect(200)
  expect(await limited.count({ user: 7 })).toBe(5)
})

test('the recipe of denying answers the second sign-in with a 409', async () => {
  const { app, server, own, run } = await open()
  await run(snippetWith("onExceed: 'deny_new'"), {
    app: { ...own, post: app.post.bind(app) },
    session: main.session,
    userIdOf: async () => 7,
  })
  await request(server).post('/login').expect(302)
  await request(server)
    .post('/login')
    .expect(409, /signed in elsewhere/)
})

test('the recipe of binding leaves a session unused that comes from another network', async () => {
  const { app, server, own, run } = await open()
  app.set('trust proxy', 1)
  await run(snippetWith('bind:'), { app: own, session: main.session })
  app.get('/user', (req, res) => void res.send(String(req.session.get('userId') ?? 'nobody')))
  app.get('/login', async (req, res) => (await req.session.signIn('ann'), res.end()))
  const agent = request.agent(server)
  await agent.get('/login').set('X-Forwarded-For', '192.0.2.7')
  await agent.get('/user').set('X-Forwarded-For', '192.0.2.8').set('User-Agent', 'another').expect('ann')
  await agent.get('/user').set('X-Forwarded-For', '198.51.100.1').expect('nobody')
})

test('the recipe of testing behind a login reaches the page', async () => {
  const { app, server, sessions, run } = await open()
  app.use(sessions)
  app.get('/account', (req, res) => void res.status(req.session.get('userId') === 7 ? 200 : 401).end())
  await run(snippetWith('cookieFor('), { app: server, sessions, request })
})
