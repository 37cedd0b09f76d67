// Stores answer in many ways: at once, later, by callback, by promise, by both, not at all.
import crypto from 'node:crypto'
import { afterEach, expect, jest, test } from '@jest/globals'
import { type ExpressSessionStore, expressStore, isExpressStore } from '../../stores/express-store.js'
import { memoryStore } from '../../stores/memory.js'
import { HandHeldStore, memoryOfExpress, mustLoad, record } from './express-store-kit.js'

afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

/** A store over a map whose methods are made by the test. */
function storeOf(texts: Map<string, string>, methods: Partial<Record<'get' | 'set' | 'destroy', unknown>>): ExpressSessionStore {
  const sync = {
    get: (sid: string, callback: (error: unknown, session?: unknown) => void) => callback(null, JSON.parse(texts.get(sid) ?? 'null')),
    set: (sid: string, session: object, callback: (error?: unknown) => void) => {
      texts.set(sid, JSON.stringify(session))
      callback()
    },
    destroy: (sid: string, callback: (error?: unknown) => void) => {
      texts.delete(sid)
      callback()
    },
  }
  return { ...sync, ...methods } as ExpressSessionStore
}

async function wholeLife(store: ExpressSessionStore): Promise<void> {
  const wrapped = expressStore(store)
  const { token } = await wrapped.create(record({}, { a: '1' }))
  expect(await wrapped.update(token, { set: { b: '2' } })).toEqual({ outcome: 'saved', token })
  const rotated = await wrapped.rotate(token, {})
  expect({ ...(await mustLoad(wrapped, rotated?.token ?? '')).values }).toEqual({ a: '1', b: '2' })
  expect(await wrapped.load(token, { slide: false })).toBe('reused')
  expect(await wrapped.destroy(rotated?.token ?? '')).toBe(true)
  expect(await wrapped.load(token, { slide: false })).toBeNull()
}

test('a store that calls back at once serves a whole life of a session', async () => {
  await wholeLife(storeOf(new Map(), {}))
})

test('a store of promises, whose methods take no callback, serves it too', async () => {
  const texts = new Map<string, string>()
  await wholeLife({
    get: async (sid) => JSON.parse(texts.get(sid) ?? 'null'),
    set: async (sid, session) => void texts.set(sid, JSON.stringify(session)),
    destroy: async (sid) => void texts.delete(sid),
  })
})

test('a callback store that keeps the very object it was given sees no change in it, and none comes back from it', async () => {
  const objects = new Map<string, unknown>()
  const store = storeOf(new Map(), {
    get: (sid: string, callback: (error: unknown, session?: unknown) => void) => callback(null, objects.get(sid)),
    set: (sid: string, session: object, callback: () => void) => {
      objects.set(sid, session)
      callback()
    },
  })
  const wrapped = expressStore(store)
  const values = { a: '1' }
  const { token, handle } = await wrapped.create(record({}, values))
  const first = objects.get(handle)
  const text = JSON.stringify(first)
  values.a = '2'
  const loaded = await mustLoad(wrapped, token)
  await wrapped.update(token, { set: { a: '3' }, indexes: { room: 'r' } })
  expect(JSON.stringify(first)).toBe(text)
  expect({ ...loaded.values }).toEqual({ a: '1' })
})

test('an async method may be through before its callback is: the callback is waited for', async () => {
  const texts = new Map<string, string>()
  const get = async (sid: string, callback: (error: unknown, session?: unknown) => void): Promise<void> => {
    setImmediate(() => callback(null, JSON.parse(texts.get(sid) ?? 'null')))
  }
  await wholeLife(storeOf(texts, { get }))
})

test('the first of several callbacks counts', async () => {
  const texts = new Map<string, string>()
  const get = (sid: string, callback: (error: unknown, session?: unknown) => void): void => {
    callback(null, JSON.parse(texts.get(sid) ?? 'null'))
    callback(new Error('later'))
  }
  await wholeLife(storeOf(texts, { get }))
})

test('an error, whether called back, rejected or thrown, rejects as it is', async () => {
  const error = new Error('ECONNREFUSED 10.0.0.1')
  const ways: readonly ExpressSessionStore['get'][] = [
    (_sid, callback) => callback(error),
    async (_sid, _callback) => {
      throw error
    },
    (_sid, _callback) => {
      throw error
    },
  ]
  const { token } = memoryStore().create(record())
  for (const get of ways) await expect(expressStore(storeOf(new Map(), { get })).load(token, { slide: true })).rejects.toBe(error)
})

test('ENOENT is "no session", as express-session takes it', async () => {
  const get: ExpressSessionStore['get'] = (_sid, callback) => callback(Object.assign(new Error('no such file'), { code: 'ENOENT' }))
  const { token } = memoryStore().create(record())
  expect(await expressStore(storeOf(new Map(), { get })).load(token, { slide: true })).toBeNull()
})

test('what is stored in another shape is none and never an error', async () => {
  const held = new HandHeldStore()
  const store = expressStore(held)
  const { token, handle } = await store.create(record())
  const stored = JSON.parse(held.texts.get(handle) ?? '')
  const { steady } = stored
  const broken = [
    ...[5, 'text', [], {}, { steady: null }, { steady: {} }],
    { ...stored, steady: { ...steady, proof: 5 } },
    { ...stored, steady: { ...steady, values: [['a', 1]] } },
    { ...stored, steady: { ...steady, values: ['ab'] } },
    { ...stored, steady: { ...steady, facts: null } },
    { ...stored, steady: { ...steady, facts: { ...steady.facts, seenAt: null } } },
    { ...stored, steady: { ...steady, facts: { ...steady.facts, lifetimeMs: 'never' } } },
    { ...stored, steady: { ...steady, facts: { ...steady.facts, agent: {} } } },
    { ...stored, steady: { ...steady, facts: { ...steady.facts, indexes: { userId: '7' } } } },
  ]
  for (const each of broken) {
    held.texts.set(handle, JSON.stringify(each))
    expect(await store.load(token, { slide: true })).toBeNull()
  }
})

test('T-5: a handle that exists is tried again, and what is there is not touched', async () => {
  const held = new HandHeldStore()
  const store = expressStore(held)
  const first = await store.create(record({}, { owner: '"one"' }))
  const used = Buffer.from(first.handle, 'base64url')
  jest
    .spyOn(crypto, 'randomBytes')
    .mockImplementationOnce(() => Buffer.alloc(32, 1) as never)
    .mockImplementationOnce(() => used as never)
  const second = await store.create(record({}, { owner: '"two"' }))
  expect(second.handle).not.toBe(first.handle)
  expect((await mustLoad(store, first.token)).values['owner']).toBe('"one"')
  jest.spyOn(crypto, 'randomBytes').mockImplementation(() => used as never)
  await expect(store.create(record())).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', unknown: false })
})

test('a store for express-session is told by get, set and destroy without create', () => {
  const both = Object.assign(new HandHeldStore(), { create: () => {} })
  for (const other of [memoryStore(), both, 'redis', undefined, null, 5, {}, new Map(), { get() {}, set() {} }]) {
    expect(isExpressStore(other)).toBe(false)
  }
  expect(isExpressStore(memoryOfExpress())).toBe(true)
  expect(expressStore(memoryOfExpress())).toMatchObject({ name: 'express-session' })
})
