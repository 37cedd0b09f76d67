// The database module of the chat, on both databases: one contract, and what only a server can do.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Connection, createConnection } from 'mysql2/promise'
import { type Database, type Message, openDatabase, type User } from '../../example-app/database/index.js'
import { anyMysql, startMariadb } from '../servers/mariadb.js'

const BACKENDS = {
  SQLite: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'steady-session-sqlite-'))
    return { url: `file:${join(folder, 'made', 'on', 'demand', 'chat.db')}`, stop: () => rm(folder, { recursive: true }) }
  },
  MariaDB: anyMysql,
}

const texts = (messages: readonly Message[]): string[] => messages.map(({ text }) => text)

for (const [name, start] of Object.entries(BACKENDS)) {
  describe(name, () => {
    let backend: { readonly url: string; stop(): Promise<unknown> }
    let database: Database
    /** Of a second process, as it were. */
    let other: Database
    let ann: User
    let bob: User
    let eve: User

    beforeAll(async () => {
      backend = await start()
      // Both make the tables, if they are missing.
      ;[database, other] = await Promise.all([openDatabase(backend.url), openDatabase(backend.url)])
      const create = (each: string): Promise<User> =>
        database.users.create({ email: `${each}-${randomUUID()}@example.org`, name: each, passwordHash: 'a hash' })
      ann = await create('Ann')
      bob = await create('Bob')
      eve = await create('Eve')
    })
    afterAll(async () => {
      await Promise.all([database, other].map((each) => each.close()))
      await backend.stop()
    })

    const say = (
      from: User,
      to: User | null,
      text: string,
      clientId: string = randomUUID(),
    ): Promise<{ message: Message; isNew: boolean }> =>
      database.messages.add({ clientId, from: from.id, to: to === null ? null : to.id, text })

    test('keeps users, and finds them by address and by number', async () => {
      expect(ann.id).toBeLessThan(bob.id)
      expect([await database.users.byEmail(ann.email), await other.users.byId(ann.id)]).toEqual([ann, ann])
      expect([await database.users.byEmail('nobody@example.org'), await database.users.byId(987654321)]).toEqual([null, null])
      expect(await database.users.all()).toEqual(expect.arrayContaining([{ id: ann.id, name: 'Ann' }]))
      expect(await database.users.firstId()).toBeLessThanOrEqual(ann.id)
    })

    test('keeps one account for an address, however many are made at once', async () => {
      const email = `${randomUUID()}@example.org`
      const made = await Promise.allSettled(
        [database, other, database, other].map((each) => each.users.create({ email, name: 'Twin', passwordHash: 'a hash' })),
      )
      const refused = made.flatMap((each) => (each.status === 'rejected' ? [(each.reason as { code: string }).code] : []))
      expect(refused).toEqual(['EMAIL_TAKEN', 'EMAIL_TAKEN', 'EMAIL_TAKEN'])
    })

    test('changes a password', async () => {
      await database.users.setPasswordHash(eve.id, 'another hash')
      expect((await other.users.byId(eve.id))?.passwordHash).toBe('another hash')
    })

    test('gives back every text as it was', async () => {
      for (const text of [
        "Robert'); DROP TABLE users;--",
        '<script>',
        '😀 ünïcödé \u200f עברית',
        'two\nlines\t',
        '%_\\"`',
        'x'.repeat(2000),
        '😀'.repeat(1000),
      ]) {
        const { message } = await say(ann, bob, text)
        expect(message).toEqual({
          id: expect.any(Number),
          clientId: expect.any(String),
          from: { id: ann.id, name: 'Ann' },
          to: { id: bob.id, name: 'Bob' },
          text,
          sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        })
      }
    })

    test('takes a message that is sent again for the same, and only of its own sender', async () => {
      const clientId = randomUUID()
      const sent = await Promise.all([say(ann, null, 'once', clientId), say(ann, null, 'once', clientId), say(ann, null, 'once', clientId)])
      expect(sent.filter(({ isNew }) => isNew)).toHaveLength(1)
      expect(new Set(sent.map(({ message }) => message.id)).size).toBe(1)
      const others = await say(bob, null, 'mine', clientId)
      expect([others.isNew, others.message.text]).toEqual([true, 'mine'])
    })

    test('shows a room to those who are in it, and to nobody else', async () => {
      const mark = randomUUID()
      const before = (await say(eve, null, `all ${mark}`)).message.id - 1
      await say(ann, bob, `private ${mark}`)
      await say(bob, ann, `answer ${mark}`)
      await say(bob, eve, `other ${mark}`)
      const seen = async (user: User): Promise<string[]> => texts(await database.messages.since(user.id, before, { limit: 100 }))
      expect(await seen(ann)).toEqual([`all ${mark}`, `private ${mark}`, `answer ${mark}`])
      expect(await seen(bob)).toEqual([`all ${mark}`, `private ${mark}`, `answer ${mark}`, `other ${mark}`])
      expect(await seen(eve)).toEqual([`all ${mark}`, `other ${mark}`])
      expect(texts(await database.messages.inRoom(ann.id, String(bob.id), { limit: 2 }))).toEqual([`private ${mark}`, `answer ${mark}`])
      expect(texts(await database.messages.inRoom(bob.id, String(ann.id), { limit: 2 }))).toEqual([`private ${mark}`, `answer ${mark}`])
      expect(await database.messages.inRoom(eve.id, String(ann.id), { limit: 2 })).toEqual([])
      expect(texts(await database.messages.inRoom(eve.id, 'everybody', { limit: 1 }))).toEqual([`all ${mark}`])
    })

    test('goes back in a room page by page, and forward from a message', async () => {
      const sent: Message[] = []
      for (let n = 0; n < 5; n++) sent.push((await say(ann, eve, `page ${n}`)).message)
      const [, , third] = sent as [Message, Message, Message]
      const room = String(eve.id)
      expect(texts(await database.messages.inRoom(ann.id, room, { limit: 3 }))).toEqual(['page 2', 'page 3', 'page 4'])
      expect(texts(await database.messages.inRoom(ann.id, room, { before: third.id, limit: 3 }))).toEqual(['page 0', 'page 1'])
      expect(texts(await database.messages.since(eve.id, third.id, { limit: 1 }))).toEqual(['page 3'])
      await expect(database.messages.since(eve.id, 0, { limit: 0.5 })).rejects.toThrow('limit')
    })

    test('numbers messages in the order in which they appear, also those of two processes: who asks for what came after the last one misses none', async () => {
      const [first] = await Promise.all([say(ann, null, 'start')])
      const seen = new Set<number>()
      let last = first.message.id
      let writing = true
      const writers = [database, other].flatMap((each) =>
        Array.from({ length: 5 }, async () => {
          for (let n = 0; n < 10; n++) await each.messages.add({ clientId: randomUUID(), from: ann.id, to: null, text: 'crowd' })
        }),
      )
      const reading = (async () => {
        do {
          for (const { id } of await other.messages.since(ann.id, last, { limit: 1000 })) {
            seen.add(id)
            last = id
          }
        } while (writing || (await other.messages.since(ann.id, last, { limit: 1 })).length > 0)
      })()
      await Promise.all(writers)
      writing = false
      await reading
      expect(seen.size).toBe(100)
    })

    test('keeps the last state of a session, and forgets that one alone', async () => {
      const state = { room: String(bob.id), drafts: { everybody: 'Good mor', [bob.id]: '😀' } }
      expect(await database.states.load(ann.id)).toBeNull()
      await database.states.save(ann.id, { room: 'everybody', drafts: {} })
      await database.states.save(ann.id, state)
      expect(await other.states.load(ann.id)).toEqual(state)
      await database.states.forget(ann.id, { room: 'everybody', drafts: {} })
      expect(await other.states.load(ann.id)).toEqual(state)
      await database.states.forget(ann.id, state)
      expect(await other.states.load(ann.id)).toBeNull()
    })

    test('finds everything again when it is opened anew', async () => {
      const again = await openDatabase(backend.url)
      await again.ping()
      expect(await again.users.byId(ann.id)).toEqual(ann)
      await again.close()
    })
  })
}

describe('two processes on one MariaDB', () => {
  test('a message waits for one that another process is about to store, whose number is lower', async () => {
    const backend = await anyMysql()
    const database = await openDatabase(backend.url)
    const elsewhere = await createConnection(backend.url)
    const ann = await database.users.create({ email: `${randomUUID()}@example.org`, name: 'Ann', passwordHash: 'a hash' })
    await elsewhere.query('START TRANSACTION')
    await elsewhere.query('SELECT id FROM message_order FOR UPDATE')
    const insert = "INSERT INTO messages (client_id, from_id, text, sent_at) VALUES ('first', ?, 'first', '')"
    await elsewhere.query(insert, [ann.id])
    const added = database.messages.add({ clientId: 'second', from: ann.id, to: null, text: 'second' })
    expect(await Promise.race([added.then(() => 'added'), untilWaiting(elsewhere)])).toBe('waits')
    await elsewhere.query('COMMIT')
    await added
    expect(texts(await database.messages.inRoom(ann.id, 'everybody', { limit: 2 }))).toEqual(['first', 'second'])
    await elsewhere.end()
    await database.close()
    await backend.stop()
  })

  async function untilWaiting(connection: Connection): Promise<string> {
    const waiting = "SELECT COUNT(*) AS waiting FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
    for (;;) {
      const [rows] = await connection.query(waiting)
      if (Number((rows as { waiting: unknown }[])[0]?.waiting) > 0) return 'waits'
      // The table is made anew only if nobody has looked for a tenth of a second.
      await delay(120)
    }
  }
})

describe('a database in trouble', () => {
  test('is told as a 503 that holds no password and no address, within seconds, and works again by itself', async () => {
    const server = await startMariadb()
    const database = await openDatabase(server.url)
    const failed = { code: 'ERR_DATABASE', status: 503, message: expect.not.stringMatching(/127\.0\.0\.1|root/) }
    await server.pause()
    await expect(database.ping()).rejects.toMatchObject(failed)
    server.resume()
    await database.ping()
    await server.kill()
    await expect(database.ping()).rejects.toMatchObject(failed)
    await server.restart()
    await database.ping()
    await database.close()
    await server.stop()
  })

  test('is told at the start', async () => {
    await expect(openDatabase('mysql://root@127.0.0.1:1/chat')).rejects.toMatchObject({ code: 'ERR_DATABASE' })
    await expect(openDatabase('file:/dev/null/chat.db')).rejects.toMatchObject({ code: 'ERR_DATABASE' })
  })
})
