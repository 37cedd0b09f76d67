// What the pages refuse: each with a status that says so, and words that say why. Nothing hostile is a 5xx.
import { connect } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { chatFixture, type Visitor } from './support.js'

const [chat, ann, bob] = chatFixture(['Ann', 'Bob'])

const JSON_HEADERS = { accept: 'application/json', 'content-type': 'application/json' }
const say = (text: unknown, to: unknown = null) => ({ text, to, clientId: crypto.randomUUID() })
const wasSaid = async (text: string): Promise<boolean> => (await bob.get('/chat')).text.includes(text)

describe('a form without the right token', () => {
  const forgeries: [string, () => Promise<Record<string, string>>][] = [
    ['none', async () => ({})],
    ['an invented one', async () => ({ _csrf: 'a.b' })],
    ['the one of somebody else', async () => ({ _csrf: await bob.csrfToken() })],
    ['the one of a stranger', async () => ({ _csrf: await chat.stranger().csrfToken('/login') })],
    ['a list of them', async () => ({ '_csrf[]': await ann.csrfToken() })],
  ]
  for (const [name, token] of forgeries) {
    test(`is refused with 403, and does nothing: ${name}`, async () => {
      const fields = { ...(await token()), text: `forged with ${name}`, to: '', clientId: crypto.randomUUID() }
      const answer = await ann.send('POST', '/sendComment', {}, new URLSearchParams(fields))
      expect([answer.status, answer.text.includes('This page is out of date')]).toEqual([403, true])
      expect(await wasSaid(`forged with ${name}`)).toBe(false)
    })
  }

  test.each(['/login', '/register', '/logout', '/password', '/password/confirm', '/sendComment'])('is refused at %s', async (path) => {
    const answer = await ann.send('POST', path, JSON_HEADERS, '{}')
    expect([answer.status, answer.json()]).toEqual([403, expect.objectContaining({ error: 'EBADCSRFTOKEN' })])
    expect(await ann.isSignedIn()).toBe(true)
  })

  test('is refused with the token and the cookie from before the sign-in', async () => {
    const visitor = chat.stranger()
    const old = await visitor.csrfToken('/login')
    const cookie = visitor.jar.get('csrf') as string
    Object.assign(visitor, { email: ann.email })
    await visitor.logIn()
    visitor.jar.set('csrf', cookie)
    const answer = await visitor.send('POST', '/logout', {}, new URLSearchParams({ _csrf: old }))
    expect([answer.status, await visitor.isSignedIn()]).toEqual([403, true])
  })
})

describe('a body that is no form', () => {
  test.each([
    ['plain text, which any site can send', 'text/plain', 415],
    ['a form with files', 'multipart/form-data; boundary=x', 415],
    ['XML', 'application/xml', 415],
    ['no type at all', '', 415],
    ['JSON in another encoding', 'application/json; charset=latin1', 415],
    ['JSON that is none', 'application/json', 400],
  ])('is refused: %s', async (_, type, status) => {
    const token = await ann.csrfToken()
    const headers = { ...(type !== '' && { 'content-type': type }), 'x-csrf-token': token }
    const answer = await ann.send('POST', '/sendComment', headers, 'text=x&to=&clientId=')
    expect([answer.status, /cannot be read|not the JSON|charset/.test(answer.text)]).toEqual([status, true])
  })

  test('is refused if it is too large', async () => {
    const answer = await ann.json('/sendComment', say('x'.repeat(40_000)))
    expect([answer.status, answer.json()]).toEqual([413, { error: 'entity.too.large', message: expect.any(String) }])
  })

  test('is refused if it is no object', async () => {
    for (const body of [[], [1], 'text', null, 7]) expect((await ann.json('/sendComment', body)).status).toBe(400)
  })
})

describe('a message', () => {
  test.each([
    ['an empty one', say('  '), 400],
    ['one over the limit', say('x'.repeat(2001)), 400],
    ['one that is no text', say({ toString: 'x' }), 400],
    ['one with a control character', say('a\u0000b'), 400],
    ['one to nobody in particular', { text: 'x', clientId: crypto.randomUUID() }, 400],
    ['one to somebody who does not exist', say('x', 987654321), 404],
    ['one to a list of people', say('x', [1, 2]), 400],
    ['one to a number that is none', say('x', '1 OR 1=1'), 400],
    ['one without an id of its own', { text: 'x', to: null }, 400],
  ])('is refused: %s', async (_, body, status) => {
    const answer = await ann.json('/sendComment', body)
    expect([answer.status, answer.json()]).toEqual([status, { error: expect.any(String), message: expect.any(String) }])
  })

  test('is refused to oneself', async () => {
    expect((await ann.json('/sendComment', say('x', ann.id))).status).toBe(400)
  })

  test('of the greatest length is not refused, in the widest characters, as a form and as JSON', async () => {
    const text = '語'.repeat(2000)
    expect((await ann.json('/sendComment', say(text))).status).toBe(201)
    expect((await ann.form('/sendComment', { text, to: '', clientId: crypto.randomUUID() })).status).toBe(303)
  })

  test('that a form could not send stays in the page, with the reason', async () => {
    const { status, text } = await ann.form('/sendComment', {
      text: `${'long '.repeat(401)}`,
      to: String(bob.id),
      clientId: crypto.randomUUID(),
    })
    expect([status, text.includes('longer than 2000 characters'), text.includes('long long long')]).toEqual([400, true, true])
  })

  test('that is sent again is the same one', async () => {
    const body = say('only once')
    const first = await ann.json('/sendComment', body)
    const second = await ann.json('/sendComment', body)
    expect([first.status, second.status]).toEqual([201, 200])
    expect(second.json()).toEqual(first.json())
  })

  test('is seen by whom it is for and by nobody else', async () => {
    const eve = await chat.signUp('Eve')
    await ann.json('/sendComment', say('for Bob alone', bob.id))
    const seenBy = async (visitor: Visitor, room: number): Promise<boolean> =>
      JSON.stringify((await visitor.get(`/messages?with=${room}`)).json()).includes('for Bob alone')
    expect([await seenBy(bob, ann.id), await seenBy(ann, bob.id), await seenBy(eve, ann.id), await seenBy(eve, bob.id)]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})

describe('an address', () => {
  test.each([
    '/chat?with=0',
    '/chat?with=abc',
    '/chat?with=-1',
    '/chat?with=1&with=2',
    '/chat?before=x',
    '/messages?before=1.5',
    '/messages?with=%00',
  ])('with an odd query is a 400: %s', async (path) => {
    expect((await ann.get(path)).status).toBe(400)
  })

  test.each(['/nowhere', '/chat?with=987654321', '/__proto__', '/messages?with=999999999999999'])(
    'that leads nowhere is a 404: %s',
    async (path) => {
      const { status, text } = await ann.get(path)
      expect([status, text.includes('There is')]).toEqual([404, true])
    },
  )

  test.each(['/%', '/%c0%ae', '/chat%'])('that cannot be decoded is a 4xx: %s', async (path) => {
    expect(Math.floor((await ann.get(path)).status / 100)).toBe(4)
  })

  test('names no file beside the public ones', async () => {
    const raw = await new Promise<string>((resolve) => {
      const socket = connect(chat.port, '127.0.0.1', () => socket.write('GET /../config.js HTTP/1.0\r\n\r\n'))
      let text = ''
      socket.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text))
    })
    expect(raw).toMatch(/^HTTP\/1\.1 40[034]/)
    expect((await ann.get('/..%2fconfig.js')).text).not.toContain('SESSION_SECRET')
  })
})

describe('every answer', () => {
  test.each(['/login', '/chat', '/nowhere', '/devices', '/session/status'])('has a strict policy, at %s', async (path) => {
    const { headers } = await ann.get(path)
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/)
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|data:/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-powered-by')).toBeNull()
  })

  test('holds no script and no style of its own', async () => {
    for (const path of ['/chat', '/password', '/nowhere']) {
      expect((await ann.get(path)).text).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/)
    }
  })
})

test('nothing of all this was an error of the server', () => {
  expect(chat.output()).not.toMatch(/Error/)
})

describe('who guesses', () => {
  test('has five tries for an account, also if all come at once; others still get in', async () => {
    const fay = await chat.signUp('Fay')
    const thief = chat.stranger()
    const token = await thief.csrfToken('/login')
    const guess = (n: number) =>
      thief.send('POST', '/login', {}, new URLSearchParams({ _csrf: token, email: fay.email.toUpperCase(), password: `guess ${n}` }))
    const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(guess))
    expect(answers.map(({ status }) => status).sort()).toEqual([401, 401, 401, 401, 401, 429, 429])
    const refused = answers.find(({ status }) => status === 429)
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(800)
    expect(refused?.text).toContain('Too many tries. Please try again in 15 minutes.')
    // Also with the right password: otherwise it would tell which guess was right.
    expect((await Object.assign(chat.stranger(), { email: fay.email }).logIn()).status).toBe(429)
    expect((await Object.assign(chat.stranger(), { email: bob.email }).logIn()).status).toBe(303)
  })

  test('does not use up the tries of who knows the password', async () => {
    for (let n = 0; n < 6; n++) expect((await Object.assign(chat.stranger(), { email: ann.email }).logIn()).status).toBe(303)
  })
})
