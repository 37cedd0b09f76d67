// The login on a real Redis, whose own clock judges.
import { afterAll, expect, test } from '@jest/globals'
import { beginSignIn, completeSignIn, countAttempt, pendingUser, reauthenticated, requireFresh, requireLogin } from '../../auth/index.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { inspector } from '../stores/redis-kit.js'
import { cookieIn, shopOpener } from './kit.js'

const openShop = shopOpener()
let redis: RedisServer | undefined

afterAll(async () => {
  await redis?.stop()
})

test('two factors, freshness and its renewal hold on Redis, and nothing in it works as a cookie', async () => {
  redis = await startRedis()
  const shop = await openShop(
    (app) => {
      app.post('/password', async (req, res) => (await beginSignIn(req, 7, { within: '2s' }), res.end()))
      app.post('/attempt', async (req, res) => void res.json(await countAttempt(req)))
      app.post('/code', async (req, res) => void res.json(await completeSignIn(req)))
      app.get('/pending', (req, res) => void res.json(pendingUser(req)))
      app.get('/account', requireLogin(), (_req, res) => void res.end())
      app.post('/confirm', async (req, res) => (await reauthenticated(req), res.end()))
      app.post('/delete', requireFresh('500ms'), (_req, res) => void res.end())
    },
    { store: redis.url, connectTimeout: '10s' },
  )
  await shop.sessions.ready()
  const ann = shop.visitor()
  const pending = cookieIn(await ann.post('/password').expect(200))
  await ann.get('/account').expect(401)
  expect(await shop.sessions.count({ user: 7 })).toBe(0)
  const counts = await Promise.all([1, 2, 3].map(async () => (await ann.post('/attempt')).body))
  expect(counts.sort()).toEqual([1, 2, 3])
  const signedIn = cookieIn(await ann.post('/code').expect(200, '7'))
  await shop.holder(pending).get('/pending').expect(200, 'null')
  expect(await shop.sessions.count({ user: 7 })).toBe(1)

  await new Promise((resolve) => setTimeout(resolve, 600))
  await ann.get('/account').expect(200)
  await ann.post('/delete').expect(401)
  const confirmed = cookieIn(await ann.post('/confirm').expect(200))
  await ann.post('/delete').expect(200)
  await shop.holder(signedIn).get('/account').expect(401)
  expect(new Set([pending, signedIn, confirmed]).size).toBe(3)

  const late = shop.visitor()
  await late.post('/password').expect(200)
  await new Promise((resolve) => setTimeout(resolve, 2100))
  await late.post('/code').expect(401, { failed: 'ERR_SESSION_NOT_SIGNED_IN' })

  const client = await inspector(redis.url)
  const dump = JSON.stringify(await Promise.all((await client.keys('sess:*')).map(async (key) => [key, await client.dump(key)])))
  await client.close()
  for (const cookie of [pending, signedIn, confirmed]) expect(dump).not.toContain(cookie.slice('sid='.length + 23, 'sid='.length + 66))
})
