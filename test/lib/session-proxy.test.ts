import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { RESERVED } from '../../lib/session.js'
import { type AnySession, appOf, cookieOf, exchangeFor, stored } from './harness.js'

const NAMES = 'get set has delete clear take update increment signIn signOut regenerate save reload destroy id info toJSON'.split(' ')

async function sessionWith(values: Readonly<Record<string, unknown>> = {}): Promise<AnySession> {
  const app = appOf()
  return (await exchangeFor(app, cookieOf(app, await stored(app.config.store, values)))).session
}

describe('the reserved names', () => {
  test('are these, frozen for good', () => {
    expect([...RESERVED].sort()).toEqual([...NAMES].sort())
  })

  test.each(NAMES)('%s cannot be assigned, deleted or defined as a property, and the error says how to store it', async (name) => {
    const session = await sessionWith()
    const message = new RegExp(
      `^req.session.${name} belongs to the session; store data of that name with req.session.set\\('${name}', …\\)$`,
    )
    expect(() => {
      session[name] = 1
    }).toThrow(message)
    expect(() => Object.assign(session, { [name]: 1 })).toThrow(message)
    expect(() => delete session[name]).toThrow(message)
    expect(() => Object.defineProperty(session, name, { value: 1 })).toThrow(TypeError)
  })

  test.each(NAMES)('%s is a key like any other for get, set, has and delete', async (name) => {
    const session = await sessionWith()
    session.set(name, 'data')
    expect([session.get(name), session.has(name), session.toJSON()]).toEqual(['data', true, { [name]: 'data' }])
    expect(session[name]).not.toBe('data')
    session.delete(name)
    expect(session.has(name)).toBe(false)
  })

  test('as keys show their data in a copy, or nothing, but never a method or the id', async () => {
    const session = await sessionWith()
    for (const name of NAMES) session.set(name, 'data')
    const copies = [{ ...session }, Object.assign({}, session), Object.fromEntries(Object.entries(session))]
    const wrong = NAMES.filter((name) => copies.some((copy) => copy[name] !== undefined && copy[name] !== 'data'))
    expect(wrong).toEqual([])
  })

  test('a guard for a name that is not reserved is not fooled by a method', async () => {
    const session = await sessionWith()
    for (const name of ['login', 'logout', 'user', 'cookie', 'touch', 'isNew', 'admin', 'then', 'constructor'])
      expect(session[name]).toBeUndefined()
  })
})

describe('what is no key, no data and no user', () => {
  test.each([[5], [null], [undefined], [true], [Symbol('x')], [1n]])(
    '%p is refused by set, delete and update, with a sentence',
    async (key) => {
      const session = await sessionWith({ a: 1 })
      const problem = new TypeError(`session key: expected a string, got ${typeof key}`)
      expect(() => session.set(key as never)).toThrow(problem)
      expect(() => session.set(key as never, 1 as never)).toThrow(problem)
      expect(() => session.delete(key as never)).toThrow(problem)
      await expect(session.update(key as never, () => 1)).rejects.toThrow(problem)
      await expect(session.increment(key as never)).rejects.toThrow(problem)
      expect(session.toJSON()).toEqual({ a: 1 })
    },
  )

  test('is refused for a stranger, too, before anything is stored', async () => {
    const { session, state } = await exchangeFor(appOf())
    for (const key of [5, null]) expect(() => session.set(key as never)).toThrow(/^session key: expected a string, got/)
    await expect(session.increment(5 as never)).rejects.toThrow(/^session key: expected a string, got number/)
    await session.save()
    expect(state.stored).toBeNull()
  })

  test('a session cannot be frozen, sealed or closed to new keys, and goes on working', async () => {
    const session = await sessionWith({ a: 1 })
    for (const close of [Object.freeze, Object.seal, Object.preventExtensions]) expect(() => close(session)).toThrow(TypeError)
    expect([Object.isFrozen(session), Object.isExtensible(session)]).toEqual([false, true])
    session.b = 2
    expect(session.toJSON()).toEqual({ a: 1, b: 2 })
  })
})

describe('a key as a property', () => {
  test('is read, assigned, deleted and looked for as with the methods', async () => {
    const session = await sessionWith({ cart: ['pear'] })
    expect([session.cart, 'cart' in session, 'other' in session]).toEqual([['pear'], true, false])
    session.other = 1
    expect([session.get('other'), session.has('other')]).toEqual([1, true])
    delete session.cart
    expect([session.get('cart'), 'cart' in session]).toEqual([undefined, false])
  })

  test('is found by Object.keys, entries, spread, for-in and hasOwnProperty, and nothing else is', async () => {
    const session = await sessionWith({ a: 1, b: [2] })
    session.c = { d: 3 }
    const data = { a: 1, b: [2], c: { d: 3 } }
    const seen: string[] = []
    for (const key in session) seen.push(key)
    expect([Object.keys(session).sort(), seen.sort()]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ])
    expect([{ ...session }, Object.assign({}, session), Object.fromEntries(Object.entries(session))]).toEqual([data, data, data])
    // biome-ignore lint/suspicious/noPrototypeBuiltins: what old code does is what is tested
    expect([session.hasOwnProperty('a'), session.hasOwnProperty('get'), Object.hasOwn(session, 'c')]).toEqual([true, false, true])
    const { a, ...rest } = session
    expect([a, rest]).toEqual([1, { b: [2], c: { d: 3 } }])
  })

  test('can be assigned together, and defined', async () => {
    const session = await sessionWith()
    Object.assign(session, { a: 1, b: 2 })
    Object.defineProperty(session, 'c', { value: 3 })
    expect(session.toJSON()).toEqual({ a: 1, b: 2, c: 3 })
    expect(() => Object.defineProperty(session, 'd', { get: () => 4 })).toThrow(/^req.session.d: a getter cannot be stored/)
  })

  test('changed by an operator is noticed', async () => {
    const session = await sessionWith({ n: 1, list: [1] })
    session.n += 1
    session.views ??= 0
    session.views++
    session.list.push(2)
    expect(session.toJSON()).toEqual({ n: 2, views: 1, list: [1, 2] })
  })

  test('gets the methods of every object, unless the data has that name', async () => {
    const session = await sessionWith()
    expect([String(session), typeof session.hasOwnProperty, `${session.valueOf() === session}`]).toEqual([
      '[object Object]',
      'function',
      'true',
    ])
    session.set('toString', 'data')
    expect(session.toString).toBe('data')
  })
})

describe('printing a session', () => {
  test('shows its data and nothing else: no verifier, proof, cookie value or option (T-21)', async () => {
    const app = appOf()
    const token = await stored(app.config.store, { cart: ['pear'], user: { id: 7 } }, { indexes: { userId: '7' } })
    const { session } = await exchangeFor(app, cookieOf(app, token))
    session.set('more', 'text')
    const data = { cart: ['pear'], user: { id: 7 }, more: 'text' }
    expect(JSON.parse(JSON.stringify(session))).toEqual(data)
    expect(JSON.parse(JSON.stringify({ session }))).toEqual({ session: data })
    const hidden = { compact: false, depth: 20, showHidden: true, getters: true }
    for (const text of [
      inspect(session),
      inspect({ session }, { depth: 20 }),
      inspect(session, hidden),
      inspect(session, { ...hidden, showProxy: true }),
    ]) {
      expect(text).toContain('pear')
      for (const secret of [token, token.slice(23), app.signer.seal(token), app.config.secrets[0] as string])
        expect(text).not.toContain(secret)
    }
  })

  test('reads as a plain object would', async () => {
    expect(inspect(await sessionWith({ cart: ['pear'] }))).toBe("{ cart: [ 'pear' ] }")
    expect(inspect(await sessionWith())).toBe('{}')
  })
})

describe('keys that mean something to JavaScript (T-77)', () => {
  test.each(['__proto__', 'constructor', 'prototype'])('%s is a plain key, stored and read back, that poisons nothing', async (key) => {
    const app = appOf()
    const exchange = await exchangeFor(app)
    exchange.session.set(key, { admin: true, prototype: { admin: true } })
    exchange.session[key] = { admin: true, prototype: { admin: true } }
    await exchange.session.save()
    const { session } = await exchangeFor(app, cookieOf(app, exchange.state.stored?.token as string))
    expect([session.get(key), session.has(key), Object.keys(session)]).toEqual([
      { admin: true, prototype: { admin: true } },
      true,
      // A copy of the session must not get another prototype.
      key === '__proto__' ? [] : [key],
    ])
    expect([session.admin, 'admin' in session, session.get('admin'), session.toJSON()['admin']]).toEqual([
      undefined,
      false,
      undefined,
      undefined,
    ])
    expect([({} as { admin?: true }).admin, Object.getPrototypeOf(session) === Object.getPrototypeOf(exchange.session)]).toEqual([
      undefined,
      true,
    ])
    await session.update(key, (value) => value)
    session.delete(key)
    await session.save()
    expect(session.has(key)).toBe(false)
  })

  test('a copy of the session has no foreign prototype', async () => {
    const session = await sessionWith()
    session.set('__proto__', { admin: true })
    for (const copy of [Object.assign({}, session), { ...session }, { ...session.toJSON() }, JSON.parse(JSON.stringify(session))]) {
      expect((copy as { admin?: true }).admin).toBeUndefined()
    }
  })

  test('are keys in a patch, too', async () => {
    const session = await sessionWith()
    session.set(JSON.parse('{"__proto__":{"admin":true},"constructor":1}'))
    expect([Object.keys(session), session.admin, ({} as { admin?: true }).admin]).toEqual([['constructor'], undefined, undefined])
  })
})
