// Accounts over HTTP, in one running chat.
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Chat, PASSWORD, startChat, type Visitor } from './support.js'

let chat: Chat
let ann: Visitor

beforeAll(async () => {
  chat = await startChat()
  ann = await chat.signUp('Ann')
})
afterAll(() => chat.stop())

describe('a visitor', () => {
  test('is sent from the home page and from the chat to the login, and gets no session for it', async () => {
    const visitor = chat.stranger()
    expect(await visitor.get('/')).toMatchObject({ status: 303, location: '/login' })
    expect(await visitor.get('/chat?with=7')).toMatchObject({ status: 303, location: '/login?returnTo=%2Fchat%3Fwith%3D7' })
    expect((await visitor.get('/login')).status).toBe(200)
    expect([...visitor.jar.keys()]).toEqual(['csrf'])
  })

  test('is told in JSON if a script asks', async () => {
    const answer = await chat.stranger().get('/messages', { accept: 'application/json' })
    expect([answer.status, answer.json()]).toEqual([401, expect.objectContaining({ error: 'login_required' })])
  })
})

describe('registering', () => {
  test('signs in, and greets once', async () => {
    const bob = await chat.signUp('Bob')
    expect((await bob.get('/')).location).toBe('/chat')
    const carl = chat.stranger()
    await carl.form('/register', { email: 'carl@example.org', name: 'Carl', password: PASSWORD })
    expect((await carl.get('/chat')).text).toContain('Welcome, Carl.')
    expect((await carl.get('/chat')).text).not.toContain('Welcome, Carl.')
  })

  test('refuses an address that has an account, however it is written', async () => {
    const answer = await chat.stranger().form('/register', { email: ` ${ann.email.toUpperCase()}`, name: 'Other', password: PASSWORD })
    expect([answer.status, answer.text.includes('There is an account with this email address')]).toEqual([409, true])
  })

  test.each([
    ['an address that is none', { email: 'nobody' }, 'This is no email address.'],
    ['an empty name', { name: '  ' }, 'Enter a name.'],
    ['a name that turns the text around', { name: 'Ann\u202egnp' }, 'There are characters in it that cannot be seen.'],
    ['a long name', { name: 'x'.repeat(41) }, 'A name has at most 40 characters.'],
    ['a short password', { password: '1234567' }, 'Choose at least 8 characters.'],
    ['a password that would take long to hash', { password: 'x'.repeat(129) }, 'Choose at most 128 characters.'],
  ])('refuses %s, and keeps what was typed but the password', async (_, wrong, problem) => {
    const given = { email: 'dora@example.org', name: 'Dora', password: PASSWORD, ...wrong }
    const { status, text } = await chat.stranger().form('/register', given)
    expect([status, text.includes(problem), text.includes(given.email), text.includes(given.password)]).toEqual([400, true, true, false])
  })

  test('shows markup in a name as text', async () => {
    const eve = await chat.signUp('<img src=x>')
    expect((await ann.get('/chat')).text).toContain('&lt;img src=x&gt;')
    expect((await eve.get('/chat')).text).not.toContain('<img src=x>')
  })
})

describe('signing in', () => {
  test('gives a new cookie, and the old one is dead', async () => {
    const visitor = Object.assign(ann.copy(), { email: ann.email })
    const thief = visitor.copy()
    // A session of this very browser, signed in again.
    await visitor.form('/login', { email: ann.email, password: PASSWORD }, { page: '/chat' })
    expect(visitor.jar.get('sid')).not.toBe(thief.jar.get('sid'))
    expect([await visitor.isSignedIn(), await thief.isSignedIn()]).toEqual([true, false])
    ann = visitor
  })

  test('leads where the visitor wanted to go, and never to another site', async () => {
    const visitor = chat.stranger()
    Object.assign(visitor, { email: ann.email })
    expect((await visitor.logIn({ returnTo: '/password' })).location).toBe('/password')
    await visitor.logOut()
    expect((await visitor.logIn({ returnTo: '//evil.example/' })).location).toBe('/')
  })

  test('does not say which of the two was wrong', async () => {
    const visitor = chat.stranger()
    const wrong = await visitor.form('/login', { email: ann.email, password: 'wrong' })
    const unknown = await visitor.form('/login', { email: 'nobody@example.org', password: 'wrong' })
    const withoutEmail = (text: string): string => text.replace(/value="[^"]*"/g, '')
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(wrong.text).toContain('Wrong email or password.')
    expect(withoutEmail(unknown.text)).toBe(withoutEmail(wrong.text))
    expect([...visitor.jar.keys()]).toEqual(['csrf'])
  })

  test('takes as long for an address that has no account', async () => {
    const timed = async (email: string): Promise<number> => {
      const visitor = chat.stranger()
      const token = await visitor.csrfToken('/login')
      const began = performance.now()
      await visitor.send('POST', '/login', {}, new URLSearchParams({ _csrf: token, email, password: 'wrong' }))
      return performance.now() - began
    }
    // Hashing is most of it; the machine may be busy with other tests.
    expect(await timed('somebody@example.org')).toBeGreaterThan((await timed(ann.email)) / 4)
  })

  test('works for a script, which is answered in JSON', async () => {
    const visitor = chat.stranger()
    const wrong = await visitor.json('/login', { email: ann.email, password: 'wrong' }, { page: '/login' })
    expect([wrong.status, wrong.json()]).toEqual([401, { error: 'WRONG_LOGIN', message: 'Wrong email or password.' }])
    const right = await visitor.json('/login', { email: ann.email, password: PASSWORD }, { page: '/login' })
    expect([right.status, right.json()]).toEqual([200, { id: ann.id, name: 'Ann' }])
  })
})

describe('signing out', () => {
  test('ends the session on the server: a copy of its cookie is dead', async () => {
    const fay = await chat.signUp('Fay')
    const thief = fay.copy()
    expect(await fay.logOut()).toMatchObject({ status: 303, location: '/login' })
    expect((await fay.get('/login')).text).toContain('You signed out.')
    expect([await fay.isSignedIn(), await thief.isSignedIn()]).toEqual([false, false])
  })

  test('leaves nothing private for the button "back": no page of who is signed in is kept by the browser', async () => {
    for (const path of ['/chat', '/messages', '/password']) expect((await ann.get(path)).headers.get('cache-control')).toContain('no-store')
  })

  test('needs a form: a link or an image does nothing', async () => {
    expect((await ann.get('/logout')).status).toBe(404)
    expect(await ann.isSignedIn()).toBe(true)
  })
})

describe('a user', () => {
  test('has at most five sessions: the one signed in longest ago ends', async () => {
    const first = await chat.signUp('Gus')
    const others: Visitor[] = []
    for (let n = 0; n < 5; n++) {
      const visitor = Object.assign(chat.stranger(), { email: first.email })
      await visitor.logIn()
      others.push(visitor)
    }
    expect(await first.isSignedIn()).toBe(false)
    expect(await Promise.all(others.map((each) => each.isSignedIn()))).toEqual([true, true, true, true, true])
  })

  test('sees the own devices, and ends another of them', async () => {
    const desktop = await chat.signUp('Hal')
    const phone = Object.assign(chat.stranger(), { email: desktop.email })
    await phone.logIn()
    const { text, status } = await desktop.get('/devices')
    expect(status).toBe(200)
    const handles = [...text.matchAll(/name="handle" value="([\w-]+)"/g)].map(([, handle]) => handle)
    expect(handles).toHaveLength(2)
    const [, token = ''] = /name="token" value="([\w-]+)"/.exec(text) ?? []
    const other = handles.find((handle) => !desktop.cookie.includes(String(handle)))
    await desktop.send('POST', '/devices/end', {}, new URLSearchParams({ token, handle: String(other) }))
    expect([await desktop.isSignedIn(), await phone.isSignedIn()]).toEqual([true, false])
  })
})

test('the service says whether it can do its work', async () => {
  expect(await chat.stranger().get('/healthz')).toMatchObject({ status: 200, text: 'ok' })
})

test('at SIGTERM a request under way is finished, and nobody else is let in', async () => {
  const token = await ann.csrfToken()
  const body = new URLSearchParams({ _csrf: token, text: 'Just in time', to: '', clientId: crypto.randomUUID() }).toString()
  const sent = request(`${chat.url}/sendComment`, {
    method: 'POST',
    headers: {
      cookie: ann.cookie,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': body.length,
      expect: '100-continue',
    },
  })
  sent.flushHeaders()
  // The server has begun with it.
  await once(sent, 'continue')
  const stopped = chat.stop()
  while (await isListening(chat.port)) await delay(5)
  sent.end(body)
  const [response] = await once(sent, 'response')
  expect(response.statusCode).toBe(303)
  response.resume()
  expect(await stopped).toBe(0)
})

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
