// A connection that breaks: nothing is missed, nothing comes twice, whatever happened meanwhile.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Message } from '../../example-app/database/index.js'
import { startProxy, type Proxy as TcpProxy } from '../servers/proxy.js'
import { connect, hangUp, type Live, post, type Welcome } from './sockets-kit.js'
import { chatFixture, startChat } from './support.js'

const [chat, ann, bob, eve] = chatFixture(['Ann', 'Bob', 'Eve'])
/** Between Bob and the chat. */
let proxy: TcpProxy

beforeEach(async () => {
  proxy = await startProxy({ host: 'localhost', port: chat.port })
})
afterEach(async () => {
  hangUp()
  await proxy.close()
})

const throughProxy = (): string => `http://127.0.0.1:${proxy.port}`

async function missedBy(live: Live): Promise<readonly Message[]> {
  return (await live.heard<Welcome>('welcome')).missed
}

test('what was written while a connection was broken comes once when it is back, and in its order', async () => {
  const live = await connect(bob, { url: throughProxy() })
  const sender = await connect(ann)
  await sender.send('before')
  const { id } = await live.message('before')
  proxy.resetAll()
  await live.heard('disconnect')
  await sender.send('to all')
  await sender.send('to Bob', bob.id)
  await sender.send('to Eve', eve.id)
  await post(ann, 'by form')
  const back = await connect(bob, { url: throughProxy(), after: id })
  expect((await missedBy(back)).map(({ text }) => text)).toEqual(['to all', 'to Bob', 'by form'])
  await sender.send('afterwards')
  await back.message('afterwards')
  expect(back.texts).toEqual(['afterwards'])
})

test('a message whose answer was lost is sent again, and is there once', async () => {
  const live = await connect(bob, { url: throughProxy() })
  const listener = await connect(ann)
  const clientId = randomUUID()
  proxy.holdReplies()
  const lost = live.send('sent twice', null, clientId).catch(() => 'no answer')
  const { id } = await listener.message('sent twice')
  proxy.resetAll()
  proxy.releaseReplies()
  await live.heard('disconnect')
  const back = await connect(bob, { url: throughProxy(), after: id - 1 })
  expect(await back.send('sent twice', null, clientId)).toMatchObject({ ok: true, message: { id } })
  expect((await missedBy(back)).map((message) => message.clientId)).toEqual([clientId])
  await back.send('and on')
  await listener.message('and on')
  expect(listener.texts).toEqual(['sent twice', 'and on'])
  expect(await lost).toBe('no answer')
})

test('connections that come and go while others write miss nothing and get nothing twice', async () => {
  const senders = [await connect(ann), await connect(eve)]
  const first = (await senders[0]?.send('the first'))?.message as Message
  const got: number[] = []
  let after = first.id
  const take = (messages: readonly Message[]): void => {
    for (const { id } of messages) got.push(id)
    after = Math.max(after, ...got)
  }
  const sent = (async () => {
    const ids: number[] = []
    for (let n = 0; n < 12; n++) {
      const replies = await Promise.all(senders.map((sender) => sender.send(`number ${n}`)))
      ids.push(...replies.map(({ message }) => (message as Message).id))
    }
    return ids
  })()
  let all: readonly number[] | null = null
  const writing = sent.then((ids) => {
    all = ids
  })
  do {
    const live = await connect(bob, { url: throughProxy(), after })
    await Promise.race([live.heard('message'), writing])
    proxy.resetAll()
    await live.heard('disconnect')
    take(await missedBy(live))
    take(live.log.filter(({ event }) => event === 'message').map(({ content }) => content as Message))
  } while (all === null)
  take(await missedBy(await connect(bob, { after })))
  expect(got.toSorted((a, b) => a - b)).toEqual((await sent).toSorted((a, b) => a - b))
})

test('a browser that has seen nothing yet is told what its room has', async () => {
  const carl = await chat.signUp('Carl')
  await carl.get(`/chat?with=${ann.id}`)
  await post(ann, 'just now', carl.id)
  expect((await missedBy(await connect(carl))).map(({ text }) => text)).toEqual(['just now'])
})

test('who says what was seen is also sent what another process had stored a moment before the last of it', async () => {
  const sender = await connect(ann)
  const ids: number[] = []
  for (const text of ['seen', 'came too late', 'seen as well']) ids.push(((await sender.send(text, bob.id)).message as Message).id)
  const [first = 0, , last = 0] = ids
  const { missed } = await (await connect(bob, { after: last, seen: [first, last] })).heard<Welcome>('welcome')
  expect(missed.filter(({ id }) => id > first).map(({ text }) => text)).toEqual(['came too late'])
})

test('who was away for long is told that there is more than comes at once', async () => {
  const start = (await (await connect(ann)).send('start', bob.id)).message as Message
  const many = await Promise.all(Array.from({ length: 7 }, (_, n) => chat.signUp(`Writer ${n}`)))
  await Promise.all(
    many.map(async (visitor) => {
      const live = await connect(visitor)
      for (let n = 0; n < 29; n++) await live.send(`number ${n}`, bob.id)
    }),
  )
  const { missed, more } = await (await connect(bob, { after: start.id })).heard<Welcome>('welcome')
  expect([missed.length, missed[0]?.text, more]).toEqual([200, 'number 0', true])
  const rest = await (await connect(bob, { after: missed.at(-1)?.id ?? 0 })).heard<Welcome>('welcome')
  expect([rest.missed.length, rest.more]).toEqual([7 * 29 - 200, false])
})

test('a process that is stopped closes its connections, for browsers to come back by themselves', async () => {
  const other = await startChat()
  const gina = await other.signUp('Gina')
  const live = await connect(gina)
  expect(await other.stop()).toBe(0)
  expect(await live.heard('disconnect')).toBe('transport close')
  expect(live.log.some(({ event }) => event === 'bye')).toBe(false)
})
