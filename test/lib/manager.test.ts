import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { memoryStore, type SessionStore, type Sessions, session } from '../../lib/index.js'
import { SECRET, stored } from './harness.js'

let store: SessionStore
let sessions: Sessions
const ended: unknown[] = []

beforeEach(() => {
  store = memoryStore()
  sessions = session({ secret: SECRET, store, indexes: ['workerId'] })
  ended.length = 0
  sessions.on('ended', ({ handle, userId, reason, request }) => ended.push({ handle, userId, reason, request }))
})
afterEach(() => sessions.close())

async function open(userId: string, workerId = 'w'): Promise<string> {
  const token = await stored(store, { userId, workerId }, { indexes: { userId, workerId } })
  return token.slice(0, 22)
}

describe('the manager', () => {
  test('lists and counts the live sessions that share a value of an index', async () => {
    const mine = [await open('ann'), await open('ann', 'v')].sort()
    await open('bob')
    expect((await sessions.list({ user: 'ann' })).map(({ handle }) => handle)).toEqual(mine)
    expect(await sessions.count({ user: 'ann' })).toBe(2)
    expect(await sessions.count({ index: { workerId: 'w' } })).toBe(2)
    expect(await sessions.count({ user: 'nobody' })).toBe(0)
    const page = await sessions.list({ user: 'ann', limit: 1 })
    expect(await sessions.list({ user: 'ann', after: page.next ?? '' })).toHaveLength(1)
  })

  test('takes a number where the session was signed in with one', async () => {
    await open('7')
    expect(await sessions.count({ user: 7 })).toBe(1)
    expect(await sessions.endAllOf(7)).toBe(1)
  })

  test('shows nothing that works as a cookie (T-16)', async () => {
    const token = await stored(store, { userId: 'ann' }, { indexes: { userId: 'ann' } })
    const shown = JSON.stringify([await sessions.list({ user: 'ann' }), await sessions.find(token.slice(0, 22))])
    expect(shown).toContain(token.slice(0, 22))
    expect(shown).not.toContain(token.slice(23))
    expect(shown).not.toMatch(/[\w-]{43}/)
  })

  test('finds and ends one session by its handle, once, and tells of it', async () => {
    const handle = await open('ann')
    expect(await sessions.find(handle)).toMatchObject({ handle })
    expect([await sessions.end(handle), await sessions.end(handle)]).toEqual([true, false])
    expect(await sessions.find(handle)).toBeNull()
    expect(ended).toEqual([{ handle, userId: 'ann', reason: 'manager', request: undefined }])
  })

  test('ends all sessions of a user but one, and tells of each', async () => {
    const handles = [await open('ann'), await open('ann'), await open('ann')]
    await open('bob')
    expect(await sessions.endAllOf('ann', { except: handles[0] as string })).toBe(2)
    expect([await sessions.count({ user: 'ann' }), await sessions.count({ user: 'bob' })]).toEqual([1, 1])
    expect(ended).toHaveLength(2)
    expect(await sessions.endAllOf('ann')).toBe(1)
  })

  test('moves the sessions of one worker to another, data included', async () => {
    const token = await stored(store, { workerId: 'w1' }, { indexes: { workerId: 'w1' } })
    expect(await sessions.reassign({ workerId: 'w1' }, { workerId: 'w2' })).toBe(1)
    expect(await sessions.count({ index: { workerId: 'w2' } })).toBe(1)
    expect(await store.load(token, { slide: false })).toMatchObject({ values: { workerId: '"w2"' } })
  })

  test('refuses to move sessions to another user, or from one index to another (promise 4)', async () => {
    await open('ann')
    await expect(sessions.reassign({ userId: 'ann' }, { userId: 'bob' })).rejects.toThrow(/^reassign: refused on the user/)
    await expect(sessions.reassign({ workerId: 'w' }, { userId: 'bob' })).rejects.toThrow(/name one index/)
    expect(await sessions.count({ user: 'ann' })).toBe(1)
  })

  test.each([
    ['the default resolver', undefined, 'user'],
    ['a resolver of the application', (data: Readonly<Record<string, unknown>>) => data['account'] as string, 'account'],
    ['one that asks which keys there are', (data: Readonly<Record<string, unknown>>) => Object.keys(data)[0], 'anything'],
    ['one that looks first at another', (data: Readonly<Record<string, unknown>>) => (data['staff'] ?? data['member']) as string, 'member'],
  ])('refuses to move sessions by a key that %s reads (promise 4)', async (_, user, index) => {
    const own = session({ secret: SECRET, store, indexes: [index], ...(user === undefined ? {} : { user }) })
    const token = await stored(store, { [index]: 'ann' }, { indexes: { userId: 'ann', [index]: 'ann' } })
    await expect(own.reassign({ [index]: 'ann' }, { [index]: 'bob' })).rejects.toThrow(/^reassign: refused on the user/)
    expect(await store.load(token, { slide: false })).toMatchObject({ values: { [index]: '"ann"' } })
  })

  test('gives out entries that are the caller’s own: what he does to them changes no session', async () => {
    const handle = await open('ann')
    const [listed] = await sessions.list({ user: 'ann' })
    for (const entry of [listed, await sessions.find(handle)]) {
      const own = entry as { userId: string; indexes: Record<string, string>; createdAt: Date }
      own.userId = 'bob'
      own.indexes['workerId'] = 'forged'
      own.createdAt.setTime(0)
    }
    expect(await sessions.find(handle)).toMatchObject({ userId: 'ann', indexes: { workerId: 'w' } })
    expect((await sessions.find(handle))?.createdAt.getTime()).toBeGreaterThan(0)
    expect([await sessions.count({ user: 'ann' }), await sessions.endAllOf('ann')]).toEqual([1, 1])
  })

  test('refuses to end the sessions of nobody in particular', async () => {
    await open('undefined')
    for (const userId of [undefined, null, {}, true])
      await expect(sessions.endAllOf(userId as never)).rejects.toThrow(
        new TypeError('endAllOf: expected the id of a user, a string or a number'),
      )
    expect(await sessions.count({ user: 'undefined' })).toBe(1)
  })

  test('refuses a query that does not name exactly one index', async () => {
    for (const index of [{}, { userId: 'a', workerId: 'b' }])
      await expect(sessions.list({ index })).rejects.toThrow(/^index: expected one index and its value/)
    await expect(sessions.list({ user: 'ann', index: { workerId: 'w' } })).rejects.toThrow('expected a user or an index, not both')
    await expect(sessions.count({ index: { colour: 'red' } })).rejects.toThrow(/^colour: not an index; name it in the option indexes/)
  })

  test('never takes a user who is not signed in for everybody', async () => {
    await open('ann')
    for (const user of [undefined, null, {}]) {
      const asked = { user: user as never }
      for (const call of [sessions.list(asked), sessions.count(asked)])
        await expect(call).rejects.toThrow(/^user: expected the id of a user/)
    }
    await expect(sessions.list({ index: undefined as never })).rejects.toThrow(/^index: expected/)
  })

  test('ends one session by its handle in a store that can do this and has no index, and tells of it', async () => {
    const own = memoryStore()
    const token = await stored(own, { userId: 'ann' }, { indexes: { userId: 'ann' } })
    const handle = token.slice(0, 22)
    const store = Object.assign(Object.create(own) as SessionStore, { index: undefined, end: (given: string) => own.index.end(given) })
    const without = session({ secret: SECRET, store })
    without.on('ended', ({ handle, userId, reason }) => ended.push({ handle, userId, reason }))
    expect([await without.end(handle), await without.end(handle)]).toEqual([true, false])
    expect(own.load(token, { slide: false })).toBeNull()
    expect(ended).toEqual([{ handle, userId: undefined, reason: 'manager' }])
    await expect(without.find(handle)).rejects.toMatchObject({ status: 501 })
  })

  test('says so if the store cannot find sessions', async () => {
    const blind = Object.assign(Object.create(memoryStore()), { name: 'blind', index: undefined })
    const without = session({ secret: SECRET, store: blind })
    for (const call of [without.list({ user: 1 }), without.list(), without.stats(), without.end('h'), without.endAllOf(1)]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_SESSION_UNSUPPORTED', status: 501 })
    }
  })
})
