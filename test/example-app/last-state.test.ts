// What comes back at the next login, on a real MariaDB that fails in between.
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { io, type Socket } from 'socket.io-client'
import { type MariadbServer, startMariadb } from '../servers/mariadb.js'
import { chatFixture, type Visitor } from './support.js'

let mariadb: MariadbServer

beforeAll(async () => {
  mariadb = await startMariadb()
})
let [chat, ann, bob] = chatFixture(['Ann', 'Bob'], () => ({ DATABASE_URL: mariadb.url }))
afterAll(() => mariadb.stop())

/** As the page does while somebody types. */
async function type(visitor: Visitor, room: string, text: string): Promise<void> {
  const socket: Socket = io(visitor.url, { transports: ['websocket'], extraHeaders: { cookie: visitor.cookie, origin: visitor.url } })
  await once(socket as never, 'welcome')
  expect(await socket.emitWithAck('draft', { room, text })).toMatchObject({ ok: true })
  socket.disconnect()
}

const draftIn = async (visitor: Visitor, path: string): Promise<string> =>
  /<textarea[^>]*>([^<]*)<\/textarea>/.exec((await visitor.get(path)).text)?.[1] ?? ''

test('the drafts and the last room read are saved at the logout and come back at the next login, on any device', async () => {
  await type(ann, 'everybody', 'Good mor')
  await type(ann, String(bob.id), 'Dear B & <co>')
  await ann.form('/logout', {}, { page: `/chat?with=${bob.id}` })

  const phone = Object.assign(chat.stranger(), { email: ann.email })
  await phone.logIn()
  expect((await phone.get('/')).location).toBe(`/chat?with=${bob.id}`)
  expect(await draftIn(phone, `/chat?with=${bob.id}`)).toBe('Dear B &amp; &lt;co&gt;')
  expect(await draftIn(phone, '/chat')).toBe('Good mor')
  ann = phone
})

test('a draft that was sent meanwhile does not come back', async () => {
  expect((await ann.form('/sendComment', { to: '', text: 'Good morning', clientId: crypto.randomUUID() })).status).toBe(303)
  expect(await draftIn(ann, '/chat')).toBe('')
  const other = Object.assign(chat.stranger(), { email: ann.email })
  await other.logIn()
  expect(await draftIn(other, '/chat')).toBe('')
})

test('if the state cannot be saved, the logout says so and keeps the session, and works once the database is back', async () => {
  await type(bob, 'everybody', 'Not lost')
  const token = await bob.csrfToken()
  const logOut = () => bob.send('POST', '/logout', {}, new URLSearchParams({ _csrf: token }))
  await mariadb.kill()
  const refused = await logOut()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  expect(refused.text).toContain('You are still signed in: what you were writing could not be saved.')

  await mariadb.restart()
  expect(await draftIn(bob, '/chat')).toBe('Not lost')
  expect(await logOut()).toMatchObject({ status: 303, location: '/login' })
  await bob.logIn()
  expect(await draftIn(bob, '/chat')).toBe('Not lost')
})

test('a database that hangs is given up, and told alike', async () => {
  const token = await ann.csrfToken()
  await mariadb.pause()
  const { status, text } = await ann.send('POST', '/logout', {}, new URLSearchParams({ _csrf: token }))
  mariadb.resume()
  expect([status, text.includes('You are still signed in')]).toEqual([503, true])
  expect(await ann.isSignedIn()).toBe(true)
})
