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
