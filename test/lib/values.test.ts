import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SessionDataError } from '../../lib/index.js'
import { assertStorableKind, deadlineOf, fromText, MAX_DEPTH, readsAs, toText } from '../../lib/values.js'

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { inner: value }
  return value
}

function errorOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('a value as text', () => {
  test('is its JSON without any __proto__ inside, and reads back as the same value (T-77)', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = toText('key', value, null)
        expect(text).toBe(JSON.stringify(JSON.parse(JSON.stringify(value), (key, part) => (key === '__proto__' ? undefined : part))))
        expect(JSON.stringify(fromText('key', text))).toBe(text)
        expect(readsAs(fromText('key', text), null, text)).toBe(true)
      }),
      {
        numRuns: 300,
        seed: 20261122,
        examples: [[[{ ['__proto__']: [] }]], ['"__proto__"'], [{ a: { ['__proto__']: { b: 1 }, c: '\u005f' } }]],
      },
    )
  })

  test('carries the deadline of its key in front, and reads the same with it', () => {
    const text = toText('code', '~1~2~', 1500)
    expect(text).toBe('~1500~"~1~2~"')
    expect(deadlineOf(text)).toBe(1500)
    expect(fromText('code', text)).toBe('~1~2~')
    expect(deadlineOf('"~5~"')).toBeNull()
  })

  test.each([
    ['a BigInt', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a BigInt deep inside', { list: [{ total: 1n }] }],
    ['a function deep inside', { list: [{ run: () => 1 }] }],
    ['undefined', undefined],
    ['an object whose toJSON gives nothing', { toJSON: () => undefined }],
    ['an object whose toJSON throws', { toJSON: () => JSON.parse('{') }],
  ])('is refused for %s with a SessionDataError that names the key', (_, value) => {
    expect(errorOf(() => toText('cart', value, null))).toMatchObject({ code: 'ERR_SESSION_DATA', key: 'cart', status: 500 })
    expect(() => toText('cart', value, null)).toThrow(/^session key "cart": /)
  })

  test('is refused for a value that contains itself', () => {
    const ring: Record<string, unknown> = {}
    ring['self'] = { ring }
    expect(errorOf(() => toText('ring', ring, null))).toBeInstanceOf(SessionDataError)
  })

  test(`may nest ${MAX_DEPTH} levels and not one more (T-78)`, () => {
    expect(() => toText('deep', nested(MAX_DEPTH), null)).not.toThrow()
    expect(() => toText('deep', nested(MAX_DEPTH + 1), null)).toThrow(/nests deeper than 32/)
    expect(() => toText('deep', nested(100_000), null)).toThrow(SessionDataError)
  })

  test('keeps what JSON keeps of dates and of objects with a toJSON of their own', () => {
    expect(toText('at', new Date(0), null)).toBe('"1970-01-01T00:00:00.000Z"')
    expect(toText('own', { toJSON: () => ({ a: 1 }) }, null)).toBe('{"a":1}')
  })

  test('shortens the name of the key in the message, so that it cannot fill a log', () => {
    expect((errorOf(() => toText('k'.repeat(10_000), 1n, null)) as Error).message.length).toBeLessThan(300)
  })

  test('is refused at once where no value of that kind could ever be stored', () => {
    expect(() => assertStorableKind('f', () => 1)).toThrow(SessionDataError)
    expect(() => assertStorableKind('f', { run: () => 1 })).not.toThrow()
  })
})

describe('reading a text', () => {
  test.each(['', '{', 'undefined', '~12~', '~', '~x~{'])('that is damaged (%p) is a SessionDataError, and its cause is kept', (text) => {
    const error = errorOf(() => fromText('cart', text))
    expect(error).toMatchObject({ code: 'ERR_SESSION_DATA', key: 'cart' })
    expect((error as Error).cause).toBeInstanceOf(SyntaxError)
  })

  // Design: top-level `__proto__` is a plain key; inside a value it is dropped, since Object.assign would swap a prototype with it.
  test.each([
    '{"__proto__":{"admin":true},"a":1}',
    '{"\\u005f\\u005fproto\\u005f\\u005f":{"admin":true},"a":1}',
    '{"__pr\\u006fto__":{"admin":true},"a":1}',
  ])('drops an own __proto__ at any depth, however it is spelt: %s (T-77)', (json) => {
    const value = fromText('prefs', `{"deep":[${json}]}`) as { deep: [Record<string, unknown>] }
    expect(Object.getOwnPropertyNames(value.deep[0])).toEqual(['a'])
    expect(Object.assign({}, value.deep[0])).toEqual({ a: 1 })
    expect(Object.getPrototypeOf(Object.assign({}, value.deep[0]))).toBe(Object.prototype)
  })

  test('leaves constructor and prototype as plain data that poison nothing (T-77)', () => {
    const value = fromText('prefs', '{"constructor":{"prototype":{"admin":true}}}')
    expect(value).toEqual({ constructor: { prototype: { admin: true } } })
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  test('gives plain data only: type tags of other serialisers mean nothing (T-75)', () => {
    const text = '{"$type":"Date","__class__":"os.system","_$$ND_FUNC$$_":"function(){}"}'
    expect(fromText('tagged', text)).toEqual({ $type: 'Date', __class__: 'os.system', _$$ND_FUNC$$_: 'function(){}' })
  })
})

describe('comparing a value with its text', () => {
  test('tells whether it still reads so, deadline included', () => {
    expect(readsAs({ a: [1] }, null, '{"a":[1]}')).toBe(true)
    expect(readsAs({ a: [1, 2] }, null, '{"a":[1]}')).toBe(false)
    expect(readsAs([1], 5, '~5~[1]')).toBe(true)
    expect(readsAs([1], 5, '[1]')).toBe(false)
    expect(readsAs([1], null, undefined)).toBe(false)
  })

  test('says no, and does not throw, for what JSON refuses', () => {
    expect(readsAs({ total: 1n }, null, '{}')).toBe(false)
  })
})
