import { describe, expect, test } from '@jest/globals'
import { Draft } from '../../lib/draft.js'
import { ANY_KEY, defaultUser, resolveUser, type UserResolver } from '../../lib/user.js'
import { appOf, cookieOf, exchangeFor, stored } from './harness.js'

function draftOf(values: Readonly<Record<string, unknown>>): Draft {
  const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]))
  return new Draft(texts, 65_536, { touched() {}, age: () => 0 })
}

describe('the signed-in user', () => {
  test.each([
    [{ userId: 7 }, '7'],
    [{ userId: '7', user: { id: 8 } }, '7'],
    [{ userId: 0 }, '0'],
    [{ user: { id: 8, name: 'Ann' } }, '8'],
    [{ user: 'ann' }, 'ann'],
    [{ passport: { user: 9 } }, '9'],
    [{ passport: { user: { id: 'nine' } } }, 'nine'],
    [{ userId: '', user: 'ann' }, 'ann'],
    [{ userId: null, user: {}, passport: {} }, null],
    [{ userId: true, user: [1], passport: null }, null],
    [{}, null],
  ])('of %p is %p by default', (data, expected) => {
    expect(resolveUser(defaultUser, draftOf(data)).userId).toBe(expected)
  })

  test.each([
    ['', null],
    [null, null],
    [undefined, null],
    [0, '0'],
    ['x', 'x'],
    ['x\ud800', 'x\ufffd'],
  ])('that a resolver gives as %p is %p', (answer, expected) => {
    expect(resolveUser(() => answer, draftOf({})).userId).toBe(expected)
  })
})

describe('the keys that the answer depends on', () => {
  const reads = (resolver: UserResolver, data: Readonly<Record<string, unknown>>): string[] => [
    ...resolveUser(resolver, draftOf(data)).reads,
  ]

  test('are those that the resolver read', () => {
    expect(reads(defaultUser, { userId: 7 })).toEqual(['userId'])
    expect(reads(defaultUser, {})).toEqual(['userId', 'user', 'passport'])
    expect(reads(({ account }) => (account as { id: string }).id, { account: { id: 'a' } })).toEqual(['account'])
  })

  test('are those that it looked for with `in` and Object.hasOwn, too', () => {
    expect(reads((data) => ('admin' in data ? 1 : null), {})).toEqual(['admin'])
    expect(reads((data) => (Object.hasOwn(data, 'admin') ? 1 : null), {})).toContain('admin')
  })

  test('are all of them if it asked which there are', () => {
    expect(reads((data) => Object.keys(data).length, { a: 1 })).toContain(ANY_KEY)
    expect(reads((data) => ({ ...data }).a as string, { a: 1 })).toContain(ANY_KEY)
  })
})

/** An id of a database driver: an object that JSON knows how to write. */
function objectId(hex: string): { toJSON(): string; toString(): string } {
  return { toJSON: () => hex, toString: () => hex }
}

describe('a user whose id is an object with toJSON', () => {
  test.each([
    ['userId', () => objectId('65f0'), '65f0'],
    ['user', () => ({ id: objectId('65f1'), name: 'Ann' }), '65f1'],
    ['passport', () => ({ user: { id: objectId('65f2') } }), '65f2'],
  ])('under %s gets a new token at login, and the next request resolves the same user (promise 4)', async (key, value, userId) => {
    const app = appOf()
    const planted = await stored(app.config.store, { cart: ['pear'] })
    const { session, state } = await exchangeFor(app, cookieOf(app, planted))
    const before = session.id
    session.set(key, value())
    expect([session.id === before, state.userId]).toEqual([false, userId])
    await session.save()
    expect(await app.config.store.load(planted, { slide: false })).toBe('reused')
    const next = await exchangeFor(app, cookieOf(app, String(state.stored?.token)))
    const { id } = next.session
    expect([next.state.userId, next.state.userToBe, next.session.has('cart')]).toEqual([userId, userId, false])
    next.session.set(key, value())
    await next.session.save()
    expect([next.session.id, next.state.stored?.token]).toEqual([id, state.stored?.token])
  })

  test('is found by a resolver of the application, too, in the form that a later request will see', async () => {
    const seen: unknown[] = []
    const user: UserResolver = (data) => {
      const id = (data['account'] as { id?: unknown } | undefined)?.id
      seen.push(id)
      return id as string
    }
    const { session, state } = await exchangeFor(appOf({ user }))
    session.account = { id: objectId('65f3') }
    await session.save()
    expect([state.userId, seen.at(-1)]).toEqual(['65f3', '65f3'])
  })
})

describe('a key that the resolver of the user reads', () => {
  const account: UserResolver = (data) => data['account'] as string

  test('must not have a time to live of its own, since the token would stay', async () => {
    const { session } = await exchangeFor(appOf())
    for (const key of ['userId', 'user', 'passport'])
      expect(() => session.set(key, 'ann', { ttl: 60 })).toThrow(
        new TypeError(`ttl: '${key}' says who is signed in, and ends with the session`),
      )
    session.set('code', 1234, { ttl: 60 })
    const own = await exchangeFor(appOf({ user: account }))
    expect(() => own.session.set('account', 'ann', { ttl: 60 })).toThrow(/^ttl: 'account' says who is signed in/)
    expect(() => own.session.set('userId', 'ann', { ttl: 60 })).not.toThrow()
    expect([session.toJSON(), own.session.has('account')]).toEqual([{ code: 1234 }, false])
  })

  test.each([
    ['a stranger', {}, undefined],
    ['somebody else', { account: 'bob' }, { keep: true as const }],
  ])('must confirm the user of signIn, or the commit is a TypeError that says what to do: %s', async (_, values, options) => {
    const app = appOf({ user: account })
    const indexes = 'account' in values ? { userId: 'bob' } : {}
    const token = await stored(app.config.store, values, { indexes })
    const { session } = await exchangeFor(app, cookieOf(app, token))
    await session.signIn('ann', options)
    await expect(session.save()).rejects.toThrow(/^signIn: the option user does not find this user in the data; set the keys that it reads/)
    expect(await app.config.store.load(token, { slide: false })).toMatchObject({ facts: { indexes } })
  })

  test('confirms it if it is set in the same request, before signIn or after', async () => {
    for (const order of ['before', 'after']) {
      const { session, state } = await exchangeFor(appOf({ user: account }))
      if (order === 'before') session.account = 'ann'
      await session.signIn('ann')
      if (order === 'after') session.account = 'ann'
      await session.save()
      expect([state.stored?.facts.indexes['userId'], state.userId]).toEqual(['ann', 'ann'])
    }
  })
})

describe('the resolver of a request', () => {
  async function counted(work: (session: Awaited<ReturnType<typeof exchangeFor>>['session']) => void): Promise<number> {
    let calls = 0
    const user: UserResolver = (data) => {
      calls += 1
      return data['account'] as string
    }
    const app = appOf({ user })
    const token = await stored(app.config.store, { account: 'ann', cart: ['pear'], other: 1 }, { indexes: { userId: 'ann' } })
    const { session } = await exchangeFor(app, cookieOf(app, token))
    work(session)
    await session.save()
    const afterFirst = calls
    await session.save()
    expect(calls - afterFirst).toBeLessThanOrEqual(1)
    return afterFirst
  }

  test('is asked at most once, for the keys it reads, while none of them changes', async () => {
    expect(await counted(() => {})).toBeLessThanOrEqual(1)
    expect(await counted((session) => session.set('other', 2))).toBeLessThanOrEqual(1)
    expect(await counted((session) => session.get('cart'))).toBeLessThanOrEqual(1)
    expect(await counted((session) => [session.id, session.id, session.id])).toBeLessThanOrEqual(1)
  })

  test('is asked again when a key that it read changes', async () => {
    expect(await counted((session) => session.set('account', 'bob'))).toBeGreaterThan(1)
    expect(await counted((session) => session.clear())).toBeGreaterThan(1)
  })
})
