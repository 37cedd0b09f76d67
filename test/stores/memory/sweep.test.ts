import { inspect } from 'node:util'
import { afterEach, expect, jest, test } from '@jest/globals'
import { memoryStore } from '../../../stores/memory.js'
import { clockedStore, record } from '../memory-kit.js'

const MINUTE = 60_000

afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

test('a sweep removes what has expired, says which clock, and tells how many', () => {
  const { store, events, advance } = clockedStore({ sweepEvery: MINUTE })
  const idle = store.create(record({ idleMs: MINUTE, indexes: { userId: '7' } }))
  const absolute = store.create(record({ lifetimeMs: MINUTE }))
  const live = store.create(record())
  advance(3 * MINUTE)
  expect(store.sweepExpired()).toBe(2)
  expect(store.sweepExpired()).toBe(0)
  expect(store.size).toBe(1)
  expect(events).toEqual([
    { type: 'expired', handle: idle.handle, userId: '7', clock: 'idle' },
    { type: 'expired', handle: absolute.handle, userId: undefined, clock: 'absolute' },
  ])
  expect(store.index.find(live.handle)).not.toBeNull()
})

test('a session is over at the very millisecond of its deadline, swept or not', () => {
  const { store, advance } = clockedStore()
  const { token } = store.create(record({ idleMs: MINUTE }))
  advance(MINUTE - 1)
  expect(store.load(token, { slide: false })).not.toBeNull()
  advance(1)
  expect(store.load(token, { slide: true })).toBeNull()
})

test('whoever meets an expired session first reports it, once', () => {
  const { store, events, advance } = clockedStore()
  const { token } = store.create(record({ idleMs: MINUTE }))
  advance(10 * MINUTE)
  store.load(token, { slide: true })
  store.load(token, { slide: true })
  store.sweepExpired()
  expect(events).toMatchObject([{ type: 'expired', clock: 'idle' }])
})

test('a session that slid is kept by the sweep that finds it due, and removed by a later one', () => {
  const { store, advance } = clockedStore({ sweepEvery: MINUTE })
  const { token } = store.create(record({ idleMs: 2 * MINUTE }))
  for (let turn = 0; turn < 5; turn++) {
    advance(MINUTE)
    store.load(token, { slide: true })
    expect(store.sweepExpired()).toBe(0)
  }
  advance(4 * MINUTE)
  expect(store.sweepExpired()).toBe(1)
})

test('a session whose terms were shortened is swept by its new deadline', () => {
  const { store, advance } = clockedStore({ sweepEvery: MINUTE })
  const { token } = store.create(record())
  store.update(token, { terms: { idleMs: MINUTE } })
  advance(3 * MINUTE)
  expect(store.sweepExpired()).toBe(1)
})

test('a clock that was set back leaves no session behind for ever', () => {
  const { store, advance } = clockedStore({ sweepEvery: MINUTE })
  advance(60 * MINUTE)
  store.sweepExpired()
  advance(-60 * MINUTE)
  store.create(record({ idleMs: MINUTE }))
  advance(62 * MINUTE)
  expect(store.sweepExpired()).toBe(1)
})

test('nothing is left of sessions that are gone: no index, no bucket, no entry', () => {
  const { store, advance } = clockedStore({ max: 50, sweepEvery: MINUTE })
  for (let n = 0; n < 200; n++) {
    const { token, handle } = store.create(record({ idleMs: (1 + (n % 9)) * MINUTE, indexes: { userId: `u${n % 7}`, workerId: `w${n}` } }))
    const ways = [
      () => store.destroy(token),
      () => store.index.end(handle),
      () => store.index.endBy('workerId', `w${n}`),
      () => store.update(token, { indexes: { userId: null, room: `r${n}` } }),
      () => store.rotate(token, { indexes: { workerId: `w${n + 1}` } }),
      () => store.index.reassign('workerId', `w${n}`, `x${n}`, '"x"'),
    ]
    ways[n % ways.length]?.()
  }
  advance(100 * MINUTE)
  store.sweepExpired()
  const dump = inspect(store, { depth: null })
  for (const name of ['entries', 'names', 'buckets']) expect(dump).toMatch(new RegExp(`${name}: Map\\(0\\)`))
  expect(store.size).toBe(0)
})

test('the timer starts with the first session and keeps no process alive', () => {
  const start = jest.spyOn(globalThis, 'setInterval')
  const { store } = clockedStore({ sweepEvery: MINUTE })
  expect(start).not.toHaveBeenCalled()
  store.create(record())
  store.create(record())
  expect(start).toHaveBeenCalledTimes(1)
  expect(start.mock.calls[0]?.[1]).toBe(MINUTE)
  const timer = start.mock.results[0]?.value as NodeJS.Timeout | undefined
  expect(timer?.hasRef()).toBe(false)
  store.close()
})

test('the timer sweeps', () => {
  jest.useFakeTimers()
  const store = memoryStore({ sweepEvery: MINUTE })
  store.create(record({ idleMs: MINUTE }))
  jest.advanceTimersByTime(3 * MINUTE)
  expect(store.size).toBe(0)
})

test('close stops the timer for good; requests under way still read and write', () => {
  jest.useFakeTimers()
  const store = memoryStore({ sweepEvery: MINUTE })
  const { token } = store.create(record())
  store.close()
  expect(jest.getTimerCount()).toBe(0)
  expect(store.update(token, { set: { a: '1' } })).toMatchObject({ outcome: 'saved' })
  store.create(record())
  expect(jest.getTimerCount()).toBe(0)
  store.close()
})
