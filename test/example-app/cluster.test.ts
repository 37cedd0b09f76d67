// Several processes behind one port, on one Redis and one MySQL: for the people in front of it they are one.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Message } from '../../example-app/database/index.js'
import { anyMysql } from '../servers/mariadb.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { connect, hangUp, type Live, refused, type Welcome } from './sockets-kit.js'
import { type Chat, startChat, type Visitor } from './support.js'

let redis: RedisServer
let mysql: Awaited<ReturnType<typeof anyMysql>>

beforeAll(async () => {
  ;[redis, mysql] = await Promise.all([startRedis(), anyMysql()])
})
afterAll(() => Promise.all([redis.stop(), mysql.stop()]))

test.each([
  ['without Redis', {}, 'SESSION_STORE: several processes share their sessions and messages over Redis'],
  ['with no number of workers', { WORKERS: 'many' }, 'WORKERS: expected a whole number from 1 to 64'],
])('%s it ends with what to write', async (_, env, problem) => {
  const store: Record<string, string> = 'WORKERS' in env ? { SESSION_STORE: redis.url } : {}
  const failed = startChat({ ...env, ...store }, { script: 'cluster.js' })
  await expect(failed).rejects.toThrow(/^the chat ended with 1:/)
  await expect(failed).rejects.toThrow(problem)
})

describe('two processes', () => {
  let chat: Chat
  let ann: Visitor
  let bob: Visitor

  beforeAll(async () => {
    chat = await startChat({ SESSION_STORE: redis.url, DATABASE_URL: mysql.url }, { script: 'cluster.js' })
    await said(/Listening/g, 2)
    ann = await chat.signUp('Ann')
    bob = await chat.signUp('Bob')
  })
  afterEach(hangUp)

  /** Resolves once the output has so many matches. */
  async function said(pattern: RegExp, times: number): Promise<RegExpMatchArray[]> {
    for (;;) {
      const found = [...chat.output().matchAll(pattern)]
      if (found.length >= times) return found
      await new Promise((resolve) => chat.process.stdout?.once('data', resolve))
    }
  }

  const workers = async (): Promise<number[]> => (await said(/Worker (\d+) started/g, 2)).map(([, pid]) => Number(pid))

  /** The operating system deals new connections out in turn, so that both processes have some. */
  function several(visitor: Visitor): Promise<Live[]> {
    return Promise.all(Array.from({ length: 4 }, () => connect(visitor)))
  }

  test('messages, drafts and who is online reach the sockets of both', async () => {
    const [anns, bobs] = [await several(ann), await several(bob)]
    await anns[0]?.send('to all')
    await anns[1]?.send('to Bob', bob.id)
    await ann.json('/sendComment', { clientId: crypto.randomUUID(), to: null, text: 'by script' })
    for (const live of [...anns, ...bobs]) for (const text of ['to all', 'to Bob', 'by script']) await live.message(text)
    await bobs[0]?.ask('draft', { room: 'everybody', text: 'half a' })
    for (const live of bobs.slice(1)) expect(await live.heard('draft')).toEqual({ room: 'everybody', text: 'half a' })
    const isOnline = (people: { id: number; online: boolean }[]): boolean => people.some(({ id, online }) => id === bob.id && online)
    for (const live of anns) await live.heard('people', isOnline)
    for (const live of [...anns, ...bobs]) expect(new Set(live.texts).size).toBe(live.texts.length)
  })

  test('a sign-out closes all sockets of the session at both within a second, and those of nobody else', async () => {
    const [anns, bobs] = [await several(ann), await several(bob)]
    await bob.logOut()
    const answered = performance.now()
    for (const live of bobs) expect(await live.heard('bye')).toMatchObject({ reason: 'signedOut' })
    expect(performance.now() - answered).toBeLessThan(1000)
    expect(anns.every(({ socket }) => socket.connected)).toBe(true)
    for (let n = 0; n < 2; n++) expect(await refused(bob)).toMatchObject({ status: 401 })
    await bob.logIn()
  })

  test('a new token closes all sockets of the session at both within a second', async () => {
    const lives = await several(ann)
    await ann.form('/password/confirm', { current: ann.password })
    const answered = performance.now()
    for (const live of lives) expect(await live.heard('bye')).toMatchObject({ reason: 'rotated' })
    expect(performance.now() - answered).toBeLessThan(1000)
  })

  test('who connects anew again and again, wherever, misses nothing of what is written at both, and gets nothing twice', async () => {
    const senders = await several(ann)
    const first = (await senders[0]?.send('the first'))?.message as Message
    const seen = [first.id]
    const sent: number[] = []
    let isWriting = true
    const writing = (async () => {
      for (let n = 0; n < 6; n++) {
        const replies = await Promise.all(senders.map((sender) => sender.send(`number ${n}`)))
        sent.push(...replies.map(({ message }) => (message as Message).id))
      }
      isWriting = false
    })()
    for (let isLast = false; !isLast; ) {
      isLast = !isWriting
      const live = await connect(bob, { after: Math.max(...seen), seen })
      if (!isLast) await Promise.race([live.heard('message'), writing])
      live.socket.disconnect()
      seen.push(...(await live.heard<Welcome>('welcome')).missed.map(({ id }) => id))
      seen.push(...live.log.filter(({ event }) => event === 'message').map(({ content }) => (content as Message).id))
    }
    await writing
    expect(seen.filter((id) => id > first.id).toSorted((a, b) => a - b)).toEqual(sent.toSorted((a, b) => a - b))
  })

  test('one that is killed takes its own sockets with it only, is replaced, and nothing is missed', async () => {
    const lives = await several(bob)
    const sender = lives[0] as Live
    const { id } = (await sender.send('before')).message as Message
    const [first = 0, second = 0] = await workers()
    for (const live of lives) await live.message('before')
    process.kill(first, 'SIGKILL')
    const broken = await Promise.race(lives.map((live) => live.heard('disconnect').then(() => live)))
    const answers = await Promise.all(lives.map((live) => live.ask('read', { room: 'everybody', id }).catch(() => ({ ok: false }))))
    const kept = lives.filter((_, n) => answers[n]?.ok)
    expect(kept.length).toBeGreaterThan(0)
    await kept[0]?.send('meanwhile')
    for (const live of kept) await live.message('meanwhile')
    expect(broken.texts).not.toContain('meanwhile')
    await said(/Worker (\d+) started/g, 3)
    await said(/Listening/g, 3)
    const back = await several(bob).then(() => connect(bob, { after: id }))
    expect((await back.heard<Welcome>('welcome')).missed.map(({ text }) => text)).toEqual(['meanwhile'])
    expect(chat.output()).toContain(`Worker ${first} ended (SIGKILL); another one starts`)
    expect(() => process.kill(second, 0)).not.toThrow()
  })

  test('a Redis that comes back empty has ended all sessions, and their sockets', async () => {
    const lives = [...(await several(ann)), ...(await several(bob))]
    await redis.restart()
    await Promise.all(lives.map((live) => live.heard('disconnect')))
    const carl = await chat.signUp('Carl')
    expect(await (await connect(carl)).send('as before')).toMatchObject({ ok: true })
  })

  test('end in order when they are told to', async () => {
    const pids = (await workers()).slice(-2)
    const live = await connect(await chat.signUp('Dora'))
    expect(await chat.stop()).toBe(0)
    expect(await live.heard('disconnect')).toBe('transport close')
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow()
  })
})
