// A write that follows a load begins with what that has read: one command less, and nothing else changes.
import { Socket } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { type MemcacheStore, memcacheStore } from '../../stores/memcache.js'
import { type MemcachedServer, startMemcached } from '../servers/memcached.js'
import { commandCount, loadedValues, record } from './memcache-kit.js'

let server: MemcachedServer
let store: MemcacheStore
let other: MemcacheStore
let aheadMs: number

beforeAll(async () => {
  server = await startMemcached()
})

beforeEach(async () => {
  aheadMs = 0
  const clock = (): number => Date.now() + aheadMs
  store = memcacheStore({ servers: [server.address], clock })
  other = memcacheStore({ servers: [server.address], clock })
  await Promise.all([store.ready(), other.ready()])
})

afterEach(async () => {
  jest.restoreAllMocks()
  await Promise.all([store.close(), other.close()])
})

afterAll(() => server.stop())

const reads = (): Promise<number> => commandCount(server.port, 'cmd_get')

async function loadedToken(values: Record<string, string> = { a: '1' }): Promise<string> {
  const { token } = await store.create(record({}, values))
  await store.load(token, { slide: true })
  return token
}

test('a load and an update read once together; the next update reads again', async () => {
  const { token } = await store.create(record({}, { a: '1' }))
  const before = await reads()
  await store.load(token, { slide: true })
  expect(await store.update(token, { set: { b: '2' } })).toEqual({ outcome: 'saved', token })
  expect((await reads()) - before).toBe(1)
  await store.update(token, { set: { c: '3' } })
  expect((await reads()) - before).toBe(2)
  expect(await loadedValues(store, token)).toEqual({ a: '1', b: '2', c: '3' })
})

test('what another process wrote in between is merged, not overwritten', async () => {
  const token = await loadedToken()
  await other.update(token, { set: { a: '9', b: '2' } })
  expect(await store.update(token, { set: { c: '3' } })).toMatchObject({ outcome: 'saved' })
  expect(await loadedValues(store, token)).toEqual({ a: '9', b: '2', c: '3' })
})

test('what is expected is judged by what is there now, whichever way it changed', async () => {
  const token = await loadedToken()
  await other.update(token, { set: { a: '2' } })
  expect(await store.update(token, { expect: { a: '2' }, set: { a: '3' } })).toMatchObject({ outcome: 'saved' })
  await store.load(token, { slide: true })
  await other.update(token, { set: { a: '4' } })
  expect(await store.update(token, { expect: { a: '3' }, set: { a: '5' } })).toEqual({ outcome: 'conflict' })
  expect(await loadedValues(store, token)).toEqual({ a: '4' })
})

test('a session that another process ended or rotated is gone', async () => {
  const ended = await loadedToken()
  await other.destroy(ended)
  expect(await store.update(ended, { set: { b: '2' } })).toEqual({ outcome: 'gone' })
  const old = await loadedToken()
  const rotated = await other.rotate(old, {})
  expect(await store.update(old, { set: { b: '2' } })).toEqual({ outcome: 'gone' })
  expect(await store.rotate(old, {})).toBeNull()
  expect(await loadedValues(store, rotated?.token ?? '')).toEqual({ a: '1' })
})

test('another verifier of the same handle writes nothing', async () => {
  const [token, foreign] = [await loadedToken(), await loadedToken()]
  const forged = token.slice(0, 22) + foreign.slice(22)
  expect(await store.update(forged, { set: { b: '2' } })).toEqual({ outcome: 'gone' })
  expect(await loadedValues(store, token)).toEqual({ a: '1' })
})

test('both clocks are judged again, and by what is there now', async () => {
  for (const terms of [{ idleMs: 500 }, { lifetimeMs: 500 }]) {
    const { token } = await store.create(record(terms))
    await store.load(token, { slide: true })
    aheadMs += 500
    expect(await store.update(token, { set: { b: '2' } })).toEqual({ outcome: 'gone' })
  }
  const { token } = await store.create(record({ idleMs: 500 }))
  await store.load(token, { slide: true })
  aheadMs += 300
  await other.load(token, { slide: true })
  aheadMs += 300
  expect(await store.update(token, { set: { b: '2' } })).toMatchObject({ outcome: 'saved' })
})

test('later than a second, larger than 16 KiB or among too many it is read again', async () => {
  const token = await loadedToken()
  const large = await loadedToken({ a: 'x'.repeat(20_000) })
  const before = await reads()
  aheadMs += 1001
  await store.update(token, { set: { b: '2' } })
  await store.update(large, { set: { b: '2' } })
  expect((await reads()) - before).toBe(2)
  await store.load(token, { slide: false })
  for (let n = 0; n < 64; n++) await loadedToken()
  const then = await reads()
  await store.update(token, { set: { b: '3' } })
  expect((await reads()) - then).toBe(1)
})

test('nothing that waits for its write can be seen', async () => {
  await loadedToken({ a: 'hunter2' })
  expect(inspect(store, { depth: 20, showHidden: true })).not.toContain('hunter2')
})

test('what is asked in one turn goes in one write', async () => {
  const tokens = await Promise.all(Array.from({ length: 10 }, () => loadedToken()))
  const cork = jest.spyOn(Socket.prototype, 'cork')
  await Promise.all(tokens.map((token) => store.load(token, { slide: false })))
  expect(cork).toHaveBeenCalledTimes(1)
})
