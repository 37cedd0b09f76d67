// Changing the password: a recent sign-in first, and the other devices are signed out.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { anyRedis } from '../servers/redis-server.js'
import { type Chat, PASSWORD, startChat, type Visitor } from './support.js'

const NEXT = 'another horse, another staple'

let redis: Awaited<ReturnType<typeof anyRedis>>
let chat: Chat
/** Of the same sessions and accounts; here every sign-in is too long ago. */
let strict: Chat

beforeAll(async () => {
  redis = await anyRedis()
  chat = await startChat({ SESSION_STORE: redis.url })
  strict = await startChat({ SESSION_STORE: redis.url, SESSION_FRESH: '0.001s', DATABASE_URL: `file:${join(chat.folder, 'chat.db')}` })
})
afterAll(async () => {
  await Promise.all([chat, strict].map((each) => each.stop()))
  await redis.stop()
})

async function atStrict<T>(visitor: Visitor, work: () => Promise<T>): Promise<T> {
  visitor.url = strict.url
  const result = await work()
  visitor.url = chat.url
  return result
}

test('who has not signed in lately is asked for the password first, and comes back', async () => {
  const ann = await chat.signUp('Ann')
  const before = ann.copy()
  expect((await ann.get('/password')).status).toBe(200)
  await atStrict(ann, async () => {
    expect(await ann.get('/password')).toMatchObject({ status: 303, location: '/password/confirm?returnTo=%2Fpassword' })
    expect((await ann.get('/password/confirm?returnTo=%2Fpassword')).text).toContain('name="current"')
    const confirmed = await ann.form('/password/confirm', { current: PASSWORD, returnTo: '/password' })
    expect(confirmed).toMatchObject({ status: 303, location: '/password' })
  })
  expect((await ann.get('/password')).status).toBe(200)
  // A new token: a copy of the old cookie is dead.
  expect([await ann.isSignedIn(), await before.isSignedIn()]).toEqual([true, false])
})

test('a wrong password confirms nothing, and is as limited as a login', async () => {
  const ann = await chat.signUp('Ann')
  const before = ann.jar.get('sid')
  const statuses: number[] = []
  for (let n = 0; n < 6; n++) statuses.push((await ann.form('/password/confirm', { current: 'wrong' })).status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
  expect([await ann.isSignedIn(), ann.jar.get('sid')]).toEqual([true, before])
})

test('a change that is posted without a recent sign-in changes nothing', async () => {
  const bob = await chat.signUp('Bob')
  const answer = await atStrict(bob, () => bob.json('/password', { next: NEXT }))
  expect([answer.status, answer.json()]).toEqual([401, expect.objectContaining({ error: 'fresh_login_required' })])
  await bob.logOut()
  expect((await bob.logIn()).status).toBe(303)
})

test('a change signs the other devices out, and the old password is worth nothing', async () => {
  const desktop = await chat.signUp('Carla')
  const phone = Object.assign(chat.stranger(), { email: desktop.email })
  await phone.logIn()
  const short = await desktop.form('/password', { next: '1234567' })
  expect([short.status, short.text.includes('Choose at least 8 characters.')]).toEqual([400, true])

  const changed = await desktop.form('/password', { next: NEXT })
  expect(changed).toMatchObject({ status: 303, location: '/chat' })
  expect((await desktop.get('/chat')).text).toContain('Your password is changed, and your other devices are signed out.')
  expect([await desktop.isSignedIn(), await phone.isSignedIn()]).toEqual([true, false])
  await desktop.logOut()
  expect((await desktop.logIn()).status).toBe(401)
  expect((await desktop.logIn({ password: NEXT })).status).toBe(303)
})
