// The pages on a store that is a server, and over HTTP/2.
import { createServer } from 'node:http2'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import request from 'supertest'
import { session } from '../../lib/index.js'
import { sessionPages } from '../../pages/index.js'
import { cookieFor } from '../../testing/index.js'
import { SECRET } from '../lib/harness.js'
import { startRedis } from '../servers/redis-server.js'
import { infoOf, siteOpener, submit, tokenIn } from './kit.js'

const open = siteOpener()
let redis: Awaited<ReturnType<typeof startRedis>>

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

test('on Redis both pages list and end, and begin anew where they lost their place', async () => {
  const site = await open({ session: { store: redis.url } })
  const [ann, other, root] = [await site.signedIn('ann'), await site.signedIn('ann'), await site.signedIn('root')]
  const page = await ann.get('/sessions').expect(200)
  expect(page.text.match(/<li class="device">/g)).toHaveLength(2)
  const { handle } = await infoOf(other)
  await submit(ann, '/sessions/end', page, { handle }).expect(303)
  expect((await infoOf(other)).userId).toBeNull()
  const admin = await root.get('/sessions/admin').expect(200, /<dt>Users<\/dt><dd>2<\/dd>/)
  await root.get('/sessions/admin?after=nowhere').expect(303).expect('Location', '/sessions/admin')
  const later = { handle: (await infoOf(ann)).handle, in: '300', message: 'Soon' }
  await submit(root, '/sessions/admin/end', admin, later).expect(303)
  expect((await ann.get('/sessions')).text).toContain('in 5 minutes. Soon')
})

test('over HTTP/2', async () => {
  const sessions = session({ secret: SECRET })
  const pages = sessionPages({ sessions })
  const server = createServer((req, res) => sessions(req, res, () => pages(req, res, (error) => res.end(String(error)))))
  const [mine] = [await cookieFor(sessions, { userId: 'ann' }), await cookieFor(sessions, { userId: 'ann' })]
  const page = await request(server, { http2: true })
    .get('/')
    .set('Cookie', mine.header)
    .expect(200, /Your devices/)
  const post = (token: string) =>
    request(server, { http2: true }).post('/end-others').set('Cookie', mine.header).type('form').send({ token })
  await post('').expect(403)
  await post(tokenIn(page)).expect(303).expect('Location', '/')
  expect(await sessions.count({ user: 'ann' })).toBe(1)
  await sessions.close()
})
