import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { type MemoryStore, memoryStore, session } from '../../lib/index.js'
import type { SessionConfig, SessionOptions } from '../../lib/options.js'
import { resolveOptions } from '../../lib/resolve-options.js'
import { openAddressLimiter } from '../../stores/address-limiter.js'
import { openStoreByName } from '../../stores/by-name.js'
import { appOf, DAY, inProduction, OTHER_SECRET, SECRET, stored, type Warned, warnings } from './harness.js'

let warned: Warned
beforeEach(() => {
  warned = warnings()
})
afterEach(() => {
  jest.restoreAllMocks()
})

function resolved(options: Record<string, unknown> = {}): SessionConfig {
  return resolveOptions(
    { secret: SECRET, ...options } as SessionOptions,
    { openStore: openStoreByName, openLimiter: openAddressLimiter },
    () => {},
  )
}

function sentence(options: Record<string, unknown>): string {
  try {
    resolved(options)
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return (error as Error).message
  }
  throw new Error('the options were taken')
}

describe('the options', () => {
  test('have these defaults', () => {
    expect(resolved()).toMatchObject({
      key: 'sid',
      idleMs: 14 * DAY,
      lifetimeMs: 30 * DAY,
      indexes: [],
      keepOnSignIn: [],
      remember: true,
      proxy: undefined,
      storeTimeoutMs: 750,
      connectTimeoutMs: 10_000,
      maxBytes: 65_536,
      secrets: [SECRET],
      store: { name: 'memory' },
    })
  })

  test('are frozen once they are complete, and what the caller changes afterwards has no effect (T-64)', () => {
    const given = { secret: [SECRET], keepOnSignIn: ['cart'], cookie: { path: '/app' } }
    const config = resolved(given)
    given.secret.unshift('x')
    given.keepOnSignIn.push('userId')
    given.cookie.path = '/'
    expect(Object.isFrozen(config) && Object.isFrozen(config.secrets) && Object.isFrozen(config.keepOnSignIn)).toBe(true)
    expect(config).toMatchObject({ secrets: [SECRET], keepOnSignIn: ['cart'] })
    expect(config.cookie({} as never)).toMatchObject({ path: '/app' })
    expect(Object.isFrozen(config.cookie({} as never))).toBe(true)
  })

  test('that are undefined count as not given', () => {
    expect(resolved({ store: undefined, expiry: undefined, resave: undefined, cookie: undefined, unheardOf: undefined })).toMatchObject({
      key: 'sid',
    })
  })

  test('of the memory store go to it, whether it is named or the default', async () => {
    for (const store of [{ store: 'memory' }, {}]) {
      const app = appOf({ ...store, max: 10 })
      for (let made = 0; made < 12; made++) await stored(app.config.store, { made })
      expect((app.config.store as MemoryStore).size).toBe(10)
    }
    expect(sentence({ store: memoryStore(), max: 10 })).toMatch(/^max: unknown option/)
  })

  test('take the whole array of secrets, in order', () => {
    expect(resolved({ secret: [SECRET, OTHER_SECRET] }).secrets).toEqual([SECRET, OTHER_SECRET])
  })

  test('turn the absolute lifetime off with false', () => {
    expect(resolved({ maxLifetime: false, expiry: '300d' })).toMatchObject({ lifetimeMs: null, idleMs: 300 * DAY })
  })

  test('count the index of the user once, whether it is named or not', () => {
    expect(resolved({ indexes: ['userId', 'workerId', 'workerId'] }).indexes).toEqual(['workerId'])
  })
})

describe('an option of express-session or its stores', () => {
  test.each([
    ['resave', 'remove it; only what changed is saved'],
    ['saveUninitialized', 'remove it; an untouched session is never saved'],
    ['rolling', 'remove it; the server slides the expiry and the cookie need not move'],
    ['name', "use key (the cookie's name)"],
    ['genid', 'remove it; ids are 128 random bits, the cookie holds 256 more'],
    ['unset', 'remove it; use req.session.destroy()'],
    ['maxAge', 'use expiry, in seconds'],
    ['ttl', 'use expiry, in seconds'],
    ['secrets', 'use secret, which takes an array'],
    ['keys', 'use secret, which takes an array'],
  ])('is refused by name, and the sentence says what to write instead: %s', (name, instead) => {
    expect(sentence({ [name]: false })).toBe(`${name}: ${instead}`)
  })

  test('that nobody knows is refused with the list of those known', () => {
    expect(sentence({ expirey: 5 })).toMatch(/^expirey: unknown option; the memory store takes max/)
    expect(sentence({ expirey: 5, store: memoryStore() })).toMatch(/^expirey: unknown option; known are secret, store, key, expiry/)
    expect(sentence({ __proto__x: 1, store: memoryStore() })).toMatch(/^__proto__x: unknown option/)
  })
})

describe('an option of the wrong type', () => {
  test.each([
    ['secret', [42, {}, '', [], [''], [SECRET, 7], null, Buffer.alloc(32)]],
    ['store', [42, {}, 'mongodb', 'redis//x', { create() {}, load() {} }, true, '']],
    ['key', ['', 'a b', 'a;b', 'a=b', 'é', 'a\r\nb', 42, 'x'.repeat(101)]],
    ['expiry', [0, -5, 'soon', '3600', true, {}, '']],
    ['maxLifetime', [0, true, 'soon', '3600', '']],
    ['user', ['userId', 42, {}]],
    ['indexes', ['userId', [42], {}]],
    ['keepOnSignIn', ['cart', true, [null]]],
    ['remember', [1, 'yes']],
    ['cookie', [42, 'path=/', null, []]],
    ['proxy', [1, 'loopback']],
    ['storeTimeout', [0, '750', {}]],
    ['connectTimeout', [0, '10', []]],
    ['slide', [true, 'always']],
    ['maxBytes', [0, -1, 1.5, '64kb', Number.NaN]],
  ] as const)('is a TypeError that begins with its name: %s', (name, values) => {
    for (const value of values) expect(sentence({ [name]: value })).toMatch(new RegExp(`^${name}: `))
  })

  test('is a TypeError for null as well, which is no way to say "not given"', () => {
    const names = [
      'secret',
      'store',
      'key',
      'expiry',
      'maxLifetime',
      'user',
      'indexes',
      'remember',
      'cookie',
      'storeTimeout',
      'connectTimeout',
      'slide',
      'maxBytes',
    ]
    const taken = names.filter((name) => {
      try {
        return resolved({ [name]: null }) !== undefined
      } catch {
        return false
      }
    })
    expect(taken).toEqual([])
  })

  test('is refused for the options as a whole, too', () => {
    for (const options of [null, 42, 'secret']) expect(() => session(options as never)).toThrow(/^options: expected an object/)
  })

  test('never shows the password of a store URL', () => {
    expect(sentence({ store: 'mongodb://app:hunter2@db.example/x' })).not.toContain('hunter2')
  })
})

describe('the clocks', () => {
  test('over 400 days ask whether milliseconds were meant, since browsers keep no cookie longer (T-59)', () => {
    expect(sentence({ expiry: 14 * DAY, maxLifetime: false })).toBe('expiry: over 400 days; seconds, not milliseconds?')
    expect(sentence({ maxLifetime: '500d' })).toBe('maxLifetime: over 400 days; seconds, not milliseconds?')
    expect(resolved({ expiry: '400d', maxLifetime: '400d' }).idleMs).toBe(400 * DAY)
  })

  test('that contradict each other are both named', () => {
    expect(sentence({ expiry: '60d', maxLifetime: '20d' })).toBe(
      'expiry: 60d is beyond maxLifetime (20d); raise maxLifetime or lower expiry',
    )
    expect(sentence({ expiry: '60d' })).toMatch(/^expiry: 60d is beyond maxLifetime \('30d' by default\)/)
    expect(resolved({ expiry: '30d' }).idleMs).toBe(30 * DAY)
  })

  test('that contradict each other by default are named with the default', () => {
    const text = sentence({ maxLifetime: '12h' })
    expect(text).toMatch(/12h/)
    expect(text).toMatch(/14d/)
    expect(text).not.toMatch(/undefined/)
  })
})

describe('the secret', () => {
  test('is required in production (T-74)', () => {
    inProduction(() => expect(sentence({ secret: undefined })).toMatch(/^secret: required in production; make one with: openssl rand/))
  })

  test('must be strong in production, every one of the array (T-74)', () => {
    inProduction(() => {
      expect(sentence({ secret: 'keyboard cat' })).toMatch(/^secret: is shorter than 32 bytes; make one with/)
      expect(sentence({ secret: [SECRET, 'keyboard cat keyboard cat keyboard cat'] })).toMatch(/^secret: is a known example/)
      expect(resolved().secrets).toEqual([SECRET])
    })
  })

  test('is random with one warning where none is given, for the memory store only', () => {
    const sessions = session({ store: memoryStore() })
    expect(warned.codes()).toEqual(['STEADY_SESSION_NO_SECRET'])
    expect(typeof sessions).toBe('function')
    const elsewhere = Object.assign(Object.create(memoryStore()), { name: 'redis' })
    expect(sentence({ secret: undefined, store: elsewhere })).toMatch(/^secret: required with the redis store/)
  })

  test('that is weak is warned of once outside of production, and does not stand in the warning (T-74, T-35)', () => {
    session({ secret: ['hunter2', 'swordfish'] })
    expect(warned.codes()).toEqual(['STEADY_SESSION_WEAK_SECRET'])
    expect(warned.text()).not.toMatch(/hunter2|swordfish/)
    session({ secret: SECRET })
    expect(warned.codes()).toHaveLength(1)
  })
})

describe('production with the memory store', () => {
  test('warns once that sessions live in one process', () => {
    inProduction(() => session({ secret: SECRET }))
    expect(warned.codes()).toHaveLength(1)
    expect(warned.text()).toMatch(/memory/i)
  })
})
