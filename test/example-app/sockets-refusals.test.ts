// What a socket may not do: each refusal says so with a status, nothing is stored or told of it, and nobody else notices.
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Message } from '../../example-app/database/index.js'
import { connect, hangUp, type Live, post, refused } from './sockets-kit.js'
import { chatFixture, type Visitor } from './support.js'

const [chat, ann, bob] = chatFixture(['Ann', 'Bob'])
afterEach(hangUp)

/** All messages that this visitor may see in the room of everybody. */
async function stored(visitor: Visitor): Promise<string[]> {
  const { messages } = (await visitor.get('/messages')).json() as { messages: Message[] }
  return messages.map(({ text }) => text)
}

describe('connecting is refused', () => {
  test('without a session, and with a forged one', async () => {
    const stranger = chat.stranger()
    expect(await refused(stranger)).toMatchObject({ status: 401, code: 'NOT_SIGNED_IN' })
    const forger = ann.copy()
    forger.jar.set('sid', `${ann.jar.get('sid')?.slice(0, -1)}x`)
    expect(await refused(forger)).toMatchObject({ status: 401 })
  })

  test.each([
    ['another site', () => 'https://evil.example'],
    ['another port', () => 'http://localhost:1'],
    ['a name that begins alike', () => `${chat.url}.evil.example`],
    ['no site at all', () => 'null'],
    ['what is no address', () => 'nonsense'],
    ['what says nothing', () => null],
  ])('to a page of %s, session or not', async (_, origin) => {
    expect(await refused(ann, { origin: origin() })).toMatchObject({ status: 403, code: 'WRONG_ORIGIN' })
  })

  test.each([
    ['a word as the last message', { after: 'x' }],
    ['a fraction', { after: 1.5 }],
    ['a negative number', { after: -1 }],
    ['words as messages seen', { seen: 'x' }],
    ['too many messages seen', { seen: Array.from({ length: 201 }, (_, n) => n + 1) }],
  ])('with %s', async (_, auth) => {
    expect(await refused(ann, { auth })).toMatchObject({ status: 400, code: 'INVALID_INPUT' })
  })

  test('by long polling, where nothing could say which process has the connection', async () => {
    expect((await ann.get('/socket.io/?EIO=4&transport=polling')).status).toBe(400)
  })
})

describe('a message is refused', () => {
  const id = '8b0f1e8c-7f0b-4a53-9d6c-0e9f6d1c2a3b'
  const cases: [string, unknown][] = [
    ['that is nothing', undefined],
    ['that is null', null],
    ['that is text', 'hello'],
    ['that is a list', [1, 2]],
    ['without an id', { to: null, text: 'x' }],
    ['with an id that is none', { clientId: '__proto__', to: null, text: 'x' }],
    ['without a recipient: it must not go to everybody by a slip', { clientId: id, text: 'x' }],
    ['for an object', { clientId: id, to: {}, text: 'x' }],
    ['for a name of JavaScript', { clientId: id, to: '__proto__', text: 'x' }],
    ['for nobody', { clientId: id, to: 999_999, text: 'x' }],
    ['for a number beyond all users', { clientId: id, to: 1e300, text: 'x' }],
    ['for a negative number', { clientId: id, to: -1, text: 'x' }],
    ['without text', { clientId: id, to: null }],
    ['of nothing but spaces', { clientId: id, to: null, text: ' \n ' }],
    ['that is longer than 2000 characters', { clientId: id, to: null, text: 'x'.repeat(2001) }],
    ['with characters that nobody can see', { clientId: id, to: null, text: 'a\u0000b' }],
    ['whose text is an object', { clientId: id, to: null, text: { toString: 'x' } }],
  ]

  test.each(cases)('%s', async (_, input) => {
    const live = await connect(ann)
    const { ok, status, message } = await live.ask('send', input)
    expect([ok, typeof message]).toEqual([false, 'string'])
    expect([400, 404]).toContain(status)
  })

  test('to oneself', async () => {
    expect(await (await connect(ann)).send('me', ann.id)).toMatchObject({ ok: false, status: 400, code: 'WRONG_RECIPIENT' })
  })

  test('by form in the same words', async () => {
    const answer = await ann.json('/sendComment', { clientId: randomUUID(), to: 999_999, text: 'x' })
    expect([answer.status, answer.json()]).toEqual([
      404,
      { error: 'WRONG_RECIPIENT', message: 'The person you are writing to is not here.' },
    ])
    expect((await post(ann, 'x'.repeat(2001))).status).toBe(400)
  })

  test('and none of them was stored', async () => {
    expect(await stored(bob)).toEqual([])
  })

  test('but never taken for that of somebody else', async () => {
    const live = await connect(ann)
    const forged = JSON.parse(
      `{"clientId":"${randomUUID()}","to":null,"text":"from whom?","from":${bob.id},"__proto__":{"from":${bob.id}}}`,
    )
    expect(await live.ask('send', forged)).toMatchObject({ ok: true, message: { from: { id: ann.id } } })
  })
})

describe('other events', () => {
  test.each([
    ['draft', { room: '__proto__', text: 'x' }, 400],
    ['draft', { room: '999999', text: 'x' }, 404],
    ['draft', { room: 'everybody', text: 'x'.repeat(2001) }, 400],
    ['draft', null, 400],
    ['read', { room: 'everybody', id: 'x' }, 400],
    ['read', { room: 7, id: 1 }, 400],
    ['constructor', {}, 404],
    ['__proto__', {}, 404],
    ['error', {}, 404],
  ])('%s with %j gets a refusal', async (event, input, status) => {
    expect(await (await connect(ann)).ask(event, input)).toMatchObject({ ok: false, status })
  })

  test('drafts that would not fit into the session are refused, and those before stay', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, (_, n) => chat.signUp(`Friend ${n}`)))
    const live = await connect(bob)
    const replies = []
    for (const { id } of people) replies.push(await live.ask('draft', { room: String(id), text: '\u20ac'.repeat(2000) }))
    expect([replies[0], replies.at(-1)]).toMatchObject([{ ok: true }, { ok: false, status: 413 }])
    expect((await bob.get(`/chat?with=${people[0]?.id}`)).text).toContain('\u20ac'.repeat(2000))
  })
})

describe('a connection is closed', () => {
  interface Engine {
    send(text: string): void
  }
  const engineOf = (live: Live): Engine => live.socket.io.engine as unknown as Engine

  test.each([
    ['that is no packet', 'nonsense'],
    ['of an unknown kind', '9[]'],
    ['whose JSON is broken', '2["send",{'],
    ['that is no list', '2{"__proto__":{}}'],
    ['whose event is no name', '2[{"toString":1}]'],
    ['that announces what never comes', '459999999999999999-["send"]'],
    ['for another namespace, without end', `2/${'x'.repeat(1000)}`],
  ])('that sends something %s', async (_, text) => {
    const [live, other] = [await connect(ann), await connect(bob)]
    engineOf(live).send(text)
    const { ok } = await other.ask('read', { room: 'everybody', id: 1 })
    expect(ok).toBe(true)
    if (!text.startsWith('2/')) await live.heard('disconnect')
  })

  test('that sends more at once than any message has', async () => {
    const [live, other] = [await connect(ann), await connect(bob)]
    live.socket.emit('send', { clientId: randomUUID(), to: null, text: 'x'.repeat(20_000) })
    await live.heard('disconnect')
    expect(other.socket.connected).toBe(true)
  })

  test('that sends without waiting for answers, and others go on', async () => {
    const eve = await chat.signUp('Eve')
    const [live, other] = [await connect(eve), await connect(bob)]
    for (let n = 0; n < 1000; n++) live.socket.emit('draft', { room: 'everybody', text: String(n) })
    await live.heard('disconnect')
    expect(await other.ask('read', { room: 'everybody', id: 1 })).toEqual({ ok: true })
  })
})

test('who writes faster than anybody reads is told to wait, by socket and by form, and others are not', async () => {
  const carl = await chat.signUp('Carl')
  const [live, other] = [await connect(carl), await connect(bob)]
  const replies = await Promise.all(Array.from({ length: 40 }, (_, n) => live.send(`number ${n}`)))
  expect(replies.filter(({ ok }) => ok)).toHaveLength(30)
  expect(replies.filter(({ status }) => status === 429)).toHaveLength(10)
  const answer = await post(carl, 'and by form')
  expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([429, true])
  expect(await other.send('at leisure')).toMatchObject({ ok: true })
})

test('nothing of all that was an error of the server', () => {
  expect(chat.output()).not.toMatch(/Error|at .*\.js:\d+/)
})
