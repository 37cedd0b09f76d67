import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { memoryStore, type SessionStore, type Sessions, session } from '../../lib/index.js'
import { DAY, SECRET, stored } from './harness.js'

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
    expect((await sessions.list({ userId: 'ann' })).map(({ handle }) => handle)).toEqual(mine)
    expect(await sessions.count({ userId: 'ann' })).toBe(2)
    expect(await sessions.count({ workerId: 'w' })).toBe(2)
    expect(await sessions.count({ userId: 'nobody' })).toBe(0)
    const page = await sessions.list({ userId: 'ann' }, { limit: 1 })
    expect(await sessions.list({ userId: 'ann' }, { after: page[0]?.handle ?? '' })).toHaveLength(1)
  })

  test('takes a number where the session was signed in with one', async () => {
    await open('7')
    expect(await sessions.count({ userId: 7 })).toBe(1)
    expect(await sessions.endAllOf(7)).toBe(1)
  })

  test('shows nothing that works as a cookie (T-16)', async () => {
    const token = await stored(store, { userId: 'ann' }, { indexes: { userId: 'ann' } })
    const shown = JSON.stringify([await sessions.list({ userId: 'ann' }), await sessions.find(token.slice(0, 22))])
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
    expect([await sessions.count({ userId: 'ann' }), await sessions.count({ userId: 'bob' })]).toEqual([1, 1])
    expect(ended).toHaveLength(2)
    expect(await sessions.endAllOf('ann')).toBe(1)
  })

  test('moves the sessions of one worker to another, data included', async () => {
    const token = await stored(store, { workerId: 'w1' }, { indexes: { workerId: 'w1' } })
    expect(await sessions.reassign({ workerId: 'w1' }, { workerId: 'w2' })).toBe(1)
    expect(await sessions.count({ workerId: 'w2' })).toBe(1)
    expect(await store.load(token, { slide: false })).toMatchObject({ values: { workerId: '"w2"' } })
  })

  test('refuses to move sessions to another user, or from one index to another (promise 4)', async () => {
    await open('ann')
    await expect(sessions.reassign({ userId: 'ann' }, { userId: 'bob' })).rejects.toThrow(/^reassign: refused on the user/)
    await expect(sessions.reassign({ workerId: 'w' }, { userId: 'bob' })).rejects.toThrow(/name one index/)
    expect(await sessions.count({ userId: 'ann' })).toBe(1)
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
    const [listed] = await sessions.list({ userId: 'ann' })
    for (const entry of [listed, await sessions.find(handle)]) {
      const { facts } = entry as { facts: { idleMs: number; id: string; indexes: Record<string, string> } }
      facts.idleMs = 1
      facts.id = 'forged'
      facts.indexes['userId'] = 'bob'
    }
    expect(await sessions.find(handle)).toMatchObject({ facts: { id: 'public-id', idleMs: 14 * DAY, indexes: { userId: 'ann' } } })
    expect([await sessions.count({ userId: 'ann' }), await sessions.endAllOf('ann')]).toEqual([1, 1])
  })

  test('refuses to end the sessions of nobody in particular', async () => {
    await open('undefined')
    for (const userId of [undefined, null, {}, true])
      await expect(sessions.endAllOf(userId as never)).rejects.toThrow(
        new TypeError('endAllOf: expected the id of a user, a string or a number'),
      )
    expect(await sessions.count({ userId: 'undefined' })).toBe(1)
  })

  test('refuses a query that does not name exactly one index', async () => {
    for (const query of [{}, { userId: 'a', workerId: 'b' }])
      await expect(sessions.list(query)).rejects.toThrow(/expected one index and its value/)
    await expect(sessions.count({ colour: 'red' })).rejects.toThrow(/^colour: not an index; name it in the option indexes/)
  })

  test('says so if the store cannot find sessions', async () => {
    const blind = Object.assign(Object.create(memoryStore()), { name: 'blind', index: undefined })
    const without = session({ secret: SECRET, store: blind })
    for (const call of [without.list({ userId: 1 }), without.end('h'), without.endAllOf(1)]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_SESSION_UNSUPPORTED', status: 501 })
    }
  })
})
