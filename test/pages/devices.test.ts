import { describe, expect, test } from '@jest/globals'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import type { Sessions } from '../../lib/index.js'
import { HOUR } from '../lib/harness.js'
import { CHROME, FIREFOX, IPHONE, infoOf, siteOpener, submit } from './kit.js'

const open = siteOpener()

describe('your devices', () => {
  test('lists the sessions of who is signed in, this one first, and nobody else', async () => {
    const site = await open()
    const ann = await site.signedIn('ann', FIREFOX)
    site.clock.now += HOUR
    await site.signedIn('ann', IPHONE)
    await site.signedIn('bob', CHROME)
    site.clock.now += HOUR
    const { text } = await ann.get('/sessions').expect(200)
    const names = [...text.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, name]) => name)
    expect(names).toEqual(['Firefox on Linux <span class="tag">This device</span>', 'Safari on iPhone'])
    expect(text).toContain('<time datetime="2026-11-22T10:30:00.000Z" title="Nov 22, 2026, 10:30 AM UTC">1 hour ago</time>')
    expect(text).toContain('127.0.0.1')
    expect(text).toContain('Stays signed in when the browser closes')
  })

  test('is a 401 for strangers, who get no session for it', async () => {
    const site = await open()
    for (const path of ['/sessions', '/sessions/', '/sessions/end-others', '/sessions/admin']) {
      const { text, headers } = await site.visitor().get(path).expect(401)
      expect(text).toContain('You are not signed in')
      expect(headers['set-cookie']).toBeUndefined()
    }
    expect(await site.sessions.count({})).toBe(0)
  })

  test('ends one, and says so once', async () => {
    const site = await open()
    const [ann, phone] = [await site.signedIn('ann'), await site.signedIn('ann', IPHONE)]
    const page = await ann.get('/sessions')
    const { handle } = await infoOf(phone)
    await submit(ann, '/sessions/end', page, { handle }).expect(303).expect('Location', '/sessions/')
    expect(await infoOf(phone)).toMatchObject({ userId: null, lost: true })
    expect((await ann.get('/sessions')).text).toContain('<p class="said" role="status">Signed out.</p>')
    expect((await ann.get('/sessions')).text).not.toContain('role="status"')
    expect((await ann.get('/data')).body).toEqual({ userId: 'ann' })
  })

  test('signs out this device, cookie included', async () => {
    const site = await open()
    const ann = await site.signedIn('ann')
    const page = await ann.get('/sessions')
    const { handle } = await infoOf(ann)
    const { headers } = await submit(ann, '/sessions/end', page, { handle }).expect(303)
    expect(String(headers['set-cookie'])).toMatch(/^sid=; Max-Age=0/)
    await ann.get('/sessions').expect(401)
  })

  test("answers 404 to somebody else's handle, and to one that does not exist, and ends neither (T-16)", async () => {
    const site = await open()
    const [ann, bob] = [await site.signedIn('ann'), await site.signedIn('bob')]
    const page = await ann.get('/sessions')
    const answers = []
    for (const handle of [(await infoOf(bob)).handle, 'A'.repeat(22), '../../admin', '', 'x'.repeat(3000)]) {
      const { text } = await submit(ann, '/sessions/end', page, { handle }).expect(404)
      answers.push(text)
    }
    expect(new Set(answers).size).toBe(1)
    expect((await infoOf(bob)).userId).toBe('bob')
  })

  test('asks before it ends all others, and leaves this one', async () => {
    const site = await open()
    const [ann, phone, bob] = [await site.signedIn('ann'), await site.signedIn('ann', IPHONE), await site.signedIn('bob')]
    await site.signedIn('ann', CHROME)
    expect((await ann.get('/sessions')).text).toContain('href="/sessions/end-others"')
    const question = await ann.get('/sessions/end-others').expect(200)
    expect(question.text).toContain('Devices that will be signed out: 2.')
    await submit(ann, '/sessions/end-others', question).expect(303)
    expect((await ann.get('/sessions')).text).toContain('Sessions ended: 2.')
    expect([(await infoOf(ann)).userId, (await infoOf(phone)).userId, (await infoOf(bob)).userId]).toEqual(['ann', null, 'bob'])
  })

  test('shows that a session is going to end', async () => {
    const site = await open()
    const ann = await site.signedIn('ann')
    await site.sessions.end((await infoOf(ann)).handle, { in: '5m', message: 'Maintenance <b>' })
    expect((await ann.get('/sessions')).text).toContain('Will be signed out in 5 minutes. Maintenance &lt;b&gt;')
  })

  test('shows the hundred seen last of a user with more', async () => {
    const site = await open()
    const ann = await site.signedIn('ann')
    const count = await Promise.all(Array.from({ length: 100 }, () => site.signedIn('ann')))
    const { text } = await ann.get('/sessions').expect(200)
    expect(text.match(/<li class="device">/g)).toHaveLength(count.length)
    expect(text).toContain('Not shown: 1 more')
  })
})

describe('the handler', () => {
  const site4 = (sessions: Sessions, pages: unknown) => {
    const app = express4()
    app.use(sessions as never)
    app.post(
      '/in/:user',
      (req: express.Request, res: express.Response) => void req.session.signIn(String(req.params['user'])).then(() => res.end()),
    )
    app.use('/a', express4.Router().use('/sessions', pages as never))
    return app as never
  }
  const siteConnect = (sessions: Sessions, pages: unknown) => {
    const app = connect()
    app.use(sessions as never)
    app.use('/in', (req, res) => void req.session.signIn(String(req.url).slice(1)).then(() => res.end()))
    app.use('/a/sessions', pages as never)
    return app as never
  }

  test.each([
    ['Express 4, in a router', site4],
    ['Connect', siteConnect],
  ])('works on %s', async (_, listener) => {
    const site = await open({ listener })
    const [ann] = [await site.signedIn('ann'), await site.signedIn('ann')]
    const { text } = await ann.get('/a/sessions').expect(200)
    expect([...text.matchAll(/(?:href|action)="(.*?)"/g)].map(([, path]) => path)).toEqual([
      '/a/sessions/style.css',
      '#content',
      '/a/sessions/end',
      '/a/sessions/end',
      '/a/sessions/end-others',
    ])
    const page = await ann.get('/a/sessions/end-others')
    await submit(ann, '/a/sessions/end-others', page).expect('Location', '/a/sessions/')
    expect(await site.sessions.count({ user: 'ann' })).toBe(1)
  })

  test('leaves what it does not know to the application', async () => {
    const site = await open()
    const ann = await site.signedIn('ann')
    for (const path of ['/sessions/other', '/sessions/admin/x', '/sessions/constructor']) await ann.get(path).expect(404, /Cannot GET/)
    await ann.delete('/sessions/end').expect(404)
  })

  test('answers HEAD without saying what is said once', async () => {
    const site = await open()
    const ann = await site.signedIn('ann')
    await submit(ann, '/sessions/end-others', await ann.get('/sessions')).expect(303)
    expect((await ann.head('/sessions').expect(200)).text).toBeFalsy()
    expect((await ann.get('/sessions')).text).toContain('Sessions ended: 0.')
  })

  test('says that the session middleware is missing', async () => {
    const site = await open({
      listener: (_sessions, pages) =>
        express()
          .use(pages as never)
          .use(
            ((error: { code: string }, _req: unknown, res: express.Response, _next: unknown) =>
              void res.status(500).send(error.code)) as never,
          ) as never,
    })
    await site.visitor().get('/').expect(500, 'ERR_SESSION_MISSING')
  })

  test('speaks another language', async () => {
    const site = await open({ pages: { title: 'Laden & Co', texts: { lang: 'de', yourDevices: 'Deine Geräte' } } })
    const ann = await site.signedIn('ann')
    site.clock.now += 2 * HOUR
    const { text } = await ann.get('/sessions')
    expect(text).toContain('<html lang="de">')
    expect(text).toContain('<title>Deine Geräte - Laden &amp; Co</title>')
    expect(text).toContain('vor 2 Stunden')
  })

  test('leads back to the application by its title, if that is told where it is', async () => {
    const site = await open({ pages: { title: 'Laden & Co', home: '/shop' } })
    const ann = await site.signedIn('ann')
    expect((await ann.get('/sessions')).text).toContain('<p class="title"><a href="/shop">Laden &amp; Co</a></p>')
    const without = await open({ pages: { title: 'Laden & Co' } })
    expect((await (await without.signedIn('ann')).get('/sessions')).text).toContain('<p class="title">Laden &amp; Co</p>')
  })
})
