// Live messages over real sockets, in one running chat: who gets what, once, and what the tabs of a session share.
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Message } from '../../example-app/database/index.js'
import { connect, hangUp, post, refused, type Welcome } from './sockets-kit.js'
import { chatFixture } from './support.js'

const [chat, ann, bob, eve] = chatFixture(['Ann', 'Bob', 'Eve'])
afterEach(hangUp)

describe('a message', () => {
  test('to everybody reaches everybody, its sender too, whether a socket or a form sent it', async () => {
    const [a, b, e] = await Promise.all([ann, bob, eve].map((visitor) => connect(visitor)))
    const reply = await a?.send('hello <b>all</b>')
    expect(reply).toMatchObject({ ok: true, message: { from: { id: ann.id, name: 'Ann' }, to: null, text: 'hello <b>all</b>' } })
    expect((await post(bob, 'by form')).status).toBe(303)
    for (const live of [a, b, e]) {
      expect(await live?.message('hello <b>all</b>')).toEqual(reply?.message)
      expect(await live?.message('by form')).toMatchObject({ from: { id: bob.id }, to: null })
    }
  })

  test('to one person reaches that person and its sender, on all their devices, and nobody else, live or later', async () => {
    const bobsPhone = bob.copy()
    bobsPhone.jar.clear()
    await bobsPhone.logIn()
    const [a, b, phone, e] = [await connect(ann), await connect(bob), await connect(bobsPhone), await connect(eve)]
    const { message } = (await a.send('a secret', bob.id)) as { message: Message }
    await post(bob, 'another secret', ann.id)
    for (const live of [a, b, phone]) for (const text of ['a secret', 'another secret']) await live?.message(text)
    await a?.send('for all')
    await e?.message('for all')
    expect(e?.texts).toEqual(['for all'])
    const caughtUp = await (await connect(eve, { after: message.id - 1 })).heard<Welcome>('welcome')
    expect(caughtUp.missed.map(({ text }) => text)).toEqual(['for all'])
    const inRoom = (await eve.get(`/messages?with=${ann.id}`)).json() as { messages: Message[] }
    expect(inRoom.messages).toEqual([])
  })

  test('that is sent again with its id, by socket or by form, is stored and told once', async () => {
    const [a, b] = [await connect(ann), await connect(bob)]
    const clientId = randomUUID()
    const first = await a.send('once', null, clientId)
    expect(await a.send('once', null, clientId)).toEqual(first)
    expect((await ann.json('/sendComment', { clientId, to: null, text: 'once' })).json()).toEqual({ message: first.message })
    await a.send('after it')
    await b.message('after it')
    expect(b.texts).toEqual(['once', 'after it'])
  })

  test('under the id of another one of the same sender is refused, and under that of somebody else is not', async () => {
    const [a, b] = [await connect(ann), await connect(bob)]
    const clientId = randomUUID()
    expect(await a.send('mine', null, clientId)).toMatchObject({ ok: true })
    expect(await a.send('other', null, clientId)).toMatchObject({ ok: false, status: 409 })
    expect(await b.send('mine', null, clientId)).toMatchObject({ ok: true, message: { from: { id: bob.id } } })
  })

  test('arrives in the order in which its sender wrote', async () => {
    const [a, b] = [await connect(ann), await connect(bob)]
    const texts = Array.from({ length: 10 }, (_, n) => `number ${n}`)
    await Promise.all(texts.map((text) => a.send(text, bob.id)))
    await b.message('number 9')
    expect(b.texts).toEqual(texts)
  })
})

describe('the tabs of a session', () => {
  test('share drafts as they are written, and a page that is opened later has them', async () => {
    const [here, there, phone] = [await connect(ann), await connect(ann), await connect(bob)]
    expect(await here.ask('draft', { room: String(bob.id), text: 'Dear Bo' })).toEqual({ ok: true })
    expect(await there.heard('draft')).toEqual({ room: String(bob.id), text: 'Dear Bo' })
    expect((await ann.get('/chat')).text).toContain('Dear Bo')
    expect([here, phone].flatMap(({ log }) => log.filter(({ event }) => event === 'draft'))).toEqual([])
  })

  test('that write in two rooms at once both keep what they wrote, also beside a form', async () => {
    const tabs = [await connect(eve), await connect(eve)]
    for (let round = 0; round < 10; round++) {
      const [one, two] = [`to Ann ${round}`, `to Bob ${round}`]
      await Promise.all([
        tabs[0]?.ask('draft', { room: String(ann.id), text: one }),
        tabs[1]?.ask('draft', { room: String(bob.id), text: two }),
        post(eve, `to all ${round}`),
      ])
      const { text } = await eve.get('/chat')
      expect([text.includes(one), text.includes(two)]).toEqual([true, true])
    }
  })

  test('remember which room was read last', async () => {
    const live = await connect(bob)
    expect(await live.ask('read', { room: String(ann.id), id: 1 })).toEqual({ ok: true })
    await bob.logOut()
    await bob.logIn()
    expect((await bob.get('/')).location).toContain('/chat')
    expect((await (await connect(bob)).heard<Welcome>('welcome')).me).toEqual({ id: bob.id, name: 'Bob' })
  })
})

describe('who is online', () => {
  interface Person {
    readonly id: number
    readonly online: boolean
  }
  const shows = (id: number, online: boolean) => (people: readonly Person[]) => people.some((one) => one.id === id && one.online === online)

  test('is told when somebody comes, when the last tab goes, and not before', async () => {
    const watching = await connect(ann)
    const [first, second] = [await connect(bob), await connect(bob)]
    await watching.heard('people', shows(bob.id, true))
    first.socket.disconnect()
    await connect(eve)
    await watching.heard('people', (people: Person[]) => shows(eve.id, true)(people) && shows(bob.id, true)(people))
    watching.log.length = 0
    second.socket.disconnect()
    await watching.heard('people', shows(bob.id, false))
  })
})

test('a session of nobody may not connect', async () => {
  const stranger = chat.stranger()
  await stranger.get('/login')
  expect(await refused(stranger)).toMatchObject({ status: 401 })
})
