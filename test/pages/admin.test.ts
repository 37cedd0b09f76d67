import { describe, expect, test } from '@jest/globals'
import express from 'express'
import { sessionPages } from '../../pages/index.js'
import { DAY, HOUR } from '../lib/harness.js'
import { CHROME, FIREFOX, IPHONE, infoOf, type Site, siteOpener, submit, type Visitor } from './kit.js'

const open = siteOpener()

const usersIn = (text: string): string[] =>
  [...text.matchAll(/data-label="User id"><div><a href="[^"]*">(.*?)<\/a>/g)].map(([, user]) => String(user))

/** Ann twice, Bob once, and who looks after them. */
async function busySite(): Promise<{ site: Site; root: Visitor; ann: Visitor; phone: Visitor; bob: Visitor }> {
  const site = await open()
  const ann = await site.signedIn('ann', FIREFOX)
  site.clock.now += 2 * DAY
  const phone = await site.signedIn('ann', IPHONE)
  site.clock.now += 2 * HOUR
  const bob = await site.signedIn('bob', CHROME)
  return { site, ann, phone, bob, root: await site.signedIn('root') }
}

describe('the pages of the administrator', () => {
  test('show everybody, and the numbers', async () => {
    const { root } = await busySite()
    const { text } = await root.get('/sessions/admin').expect(200)
    expect(usersIn(text).sort()).toEqual(['ann', 'ann', 'bob', 'root'])
    expect([...text.matchAll(/<dt>([\w ]+)<\/dt><dd>(\d+)<\/dd>/g)].map(([, name, count]) => `${name}: ${count}`)).toEqual([
      'Active sessions: 4',
      'Signed in: 4',
      'Users: 3',
    ])
  })

  test.each([
    ['user=ann', ['ann', 'ann']],
    ['user=%20bob%20', ['bob']],
    ['user=nobody', []],
    ['idle=3600', ['ann', 'ann']],
    ['idle=86400', ['ann']],
    ['age=3600&user=bob', []],
    ['idle=x&age=-1&sort=constructor', ['ann', 'ann', 'bob', 'root']],
  ])('find by %s', async (query, users) => {
    const { root } = await busySite()
    expect(usersIn((await root.get(`/sessions/admin?${query}`).expect(200)).text).sort()).toEqual(users)
  })

  test('order by age, and by when they were seen', async () => {
    const { root, ann } = await busySite()
    const first = async (sort: string) => usersIn((await root.get(`/sessions/admin?sort=${sort}`).expect(200)).text).slice(0, 2)
    expect(await first('age')).toEqual(['ann', 'ann'])
    await ann.get('/me')
    expect((await first('idle'))[0]).toBe('ann')
    expect((await root.get('/sessions/admin?sort=idle')).text).toContain('<option value="idle" selected>')
  })

  test('go from page to page, keeping the search', async () => {
    const site = await open()
    const root = await site.signedIn('root')
    for (let n = 0; n < 60; n++) await site.signedIn('ann')
    const first = (await root.get('/sessions/admin?user=ann&sort=age').expect(200)).text
    const next = /href="([^"]*)" rel="next"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect([usersIn(first).length, next]).toEqual([50, expect.stringMatching(/user=ann&sort=age&after=/)])
    const second = (await root.get(next).expect(200)).text
    expect(usersIn(second)).toHaveLength(10)
    expect(second).toContain('<a href="/sessions/admin?user=ann&amp;sort=age">First page</a>')
    expect(second).not.toContain('rel="next"')
  })

  test('begin anew where the place to go on from is none', async () => {
    const { root } = await busySite()
    for (const after of ['x', '-1', "'; FLUSHALL"])
      await root
        .get(`/sessions/admin?age=3600&after=${encodeURIComponent(after)}`)
        .expect(303)
        .expect('Location', '/sessions/admin?age=3600')
  })

  test('end one, and go back to the search', async () => {
    const { root, bob } = await busySite()
    const page = await root.get('/sessions/admin?user=bob')
    const { handle } = await infoOf(bob)
    const end = () => submit(root, '/sessions/admin/end', page, { handle, back: '?user=bob&evil=//x' })
    await end().expect(303).expect('Location', '/sessions/admin?user=bob')
    expect((await infoOf(bob)).userId).toBeNull()
    expect((await root.get('/sessions/admin')).text).toContain('Signed out.')
    await end().expect(404)
  })

  test('end one later, with a message', async () => {
    const { root, bob } = await busySite()
    const { handle } = await infoOf(bob)
    const page = await root.get(`/sessions/admin/end?handle=${handle}`).expect(200)
    expect(page.text).toContain('<dt>User agent</dt><dd>Mozilla/5.0 (Windows NT 10.0; Win64; x64)')
    const send = (fields: object) => submit(root, '/sessions/admin/end', page, { handle, ...fields })
    await send({ in: '17' }).expect(400)
    await send({ in: '300', message: 'x'.repeat(301) }).expect(400)
    await send({ in: '300', message: 'Closing time' }).expect(303)
    expect((await bob.get('/me')).body).toMatchObject({ userId: 'bob', notice: { message: 'Closing time' } })
    expect((await root.get('/sessions/admin')).text).toContain('Will be signed out in 5 minutes. Closing time')
    await root.get('/sessions/admin/end?handle=nonsense').expect(404)
  })

  test('end all of one user after asking, and never the own one by that', async () => {
    const { site, root, ann, bob } = await busySite()
    const page = await root.get('/sessions/admin/end-user?user=ann').expect(200)
    expect(page.text).toContain('Sessions that will end: 2.')
    await submit(root, '/sessions/admin/end-user', page, { user: 'ann' }).expect(303)
    expect([(await infoOf(ann)).userId, (await infoOf(bob)).userId]).toEqual([null, 'bob'])
    await site.signedIn('root')
    const own = await root.get('/sessions/admin/end-user?user=root').expect(200)
    expect(own.text).toContain('Sessions that will end: 1. The one that you are using stays.')
    await submit(root, '/sessions/admin/end-user', own, { user: 'root' }).expect(303)
    expect((await infoOf(root)).userId).toBe('root')
    await submit(root, '/sessions/admin/end-user', own).expect(400)
    await root.get('/sessions/admin/end-user').expect(404)
  })

  test('sign out who uses them', async () => {
    const { root } = await busySite()
    const page = await root.get('/sessions/admin')
    const { handle } = await infoOf(root)
    await submit(root, '/sessions/admin/end', page, { handle }).expect(303)
    await root.get('/sessions/admin').expect(401)
  })

  test('count anew after an end, and refresh themselves for five minutes at most', async () => {
    const { root, site } = await busySite()
    const page = await root.get('/sessions/admin?live=30').expect('Refresh', '10; url=/sessions/admin?live=29')
    expect(page.text).toContain('Stop refreshing')
    await site.signedIn('late')
    expect((await root.get('/sessions/admin')).text).toContain('<dt>Active sessions</dt><dd>4</dd>')
    await submit(root, '/sessions/admin/end-user', page, { user: 'nobody' }).expect(303)
    expect((await root.get('/sessions/admin')).text).toContain('<dt>Active sessions</dt><dd>5</dd>')
    for (const live of ['0', '31', '-1', 'x', '1.5'])
      expect((await root.get(`/sessions/admin?live=${live}`)).headers['refresh']).toBeUndefined()
  })
})

describe('who may see them', () => {
  const PATHS = ['/sessions/admin', '/sessions/admin/end?handle=x', '/sessions/admin/end-user?user=ann']
  const POSTS = ['/sessions/admin/end', '/sessions/admin/end-user']

  test.each<[string, unknown]>([
    ['says no', () => false],
    ['promises no', async () => false],
    ['gives a truthy value that is not true', () => ({ admin: false })],
    ['forgets to return', () => undefined],
  ])('not a user for whom authorize %s', async (_, authorize) => {
    const site = await open({ pages: { authorize: authorize as () => boolean } })
    const ann = await site.signedIn('ann')
    const page = await ann.get('/sessions')
    const { handle } = await infoOf(ann)
    for (const path of PATHS) expect((await ann.get(path).expect(403)).text).toContain('This page is for administrators.')
    for (const path of POSTS) await submit(ann, path, page, { user: 'ann', handle }).expect(403)
    expect((await ann.get('/sessions')).text).not.toContain('/sessions/admin')
    expect((await infoOf(ann)).userId).toBe('ann')
  })

  test('nobody without authorize: then they do not exist', async () => {
    const site = await open({ listener: (sessions) => express().use(sessions, sessionPages({ sessions })) as never })
    for (const path of PATHS)
      await site
        .visitor()
        .get(path.slice('/sessions'.length))
        .expect(404, /Cannot GET/)
    for (const path of POSTS)
      await site
        .visitor()
        .post(path.slice('/sessions'.length))
        .expect(404, /Cannot POST/)
  })

  test('nobody if authorize fails', async () => {
    const site = await open({ pages: { authorize: () => Promise.reject(new Error('no directory')) } })
    await (await site.signedIn('root')).get('/sessions/admin').expect(500, /no directory/)
  })

  test('an administrator whom the application knows without a session gets one, for the forms', async () => {
    const site = await open({ pages: { authorize: (req) => req.headers['authorization'] === 'Basic cm9vdDpyb290' } })
    const bob = await site.signedIn('bob')
    const root = site.visitor()
    root.set('Authorization', 'Basic cm9vdDpyb290')
    const page = await root.get('/sessions/admin').expect(200)
    expect(page.text).not.toContain('Your devices</a>')
    const { handle } = await infoOf(bob)
    await submit(root, '/sessions/admin/end', page, { handle }).expect(303)
    expect((await infoOf(bob)).userId).toBeNull()
  })
})
