import { expect, test } from '@jest/globals'
import type { StoredSession } from '../../../lib/store.js'
import type { MemoryStore } from '../../../stores/memory.js'
import { clockedStore, record } from '../memory-kit.js'

test('a store holds at most max sessions', () => {
  const { store, events } = clockedStore({ max: 10 })
  for (let n = 0; n < 25; n++) store.create(record())
  expect(store.size).toBe(10)
  expect(events).toHaveLength(15)
})

test('the least recently used session goes first, and the event tells whose it was', () => {
  const { store, events } = clockedStore({ max: 2 })
  const [first, second] = [store.create(record({ indexes: { userId: '7' } })), store.create(record())]
  const third = store.create(record())
  expect(events).toEqual([{ type: 'evicted', handle: first.handle, userId: '7' }])
  expect(isThere(store, first)).toBe(false)
  expect(isThere(store, second) && isThere(store, third)).toBe(true)
  store.create(record())
  expect(events[1]).toEqual({ type: 'evicted', handle: second.handle, userId: undefined })
})

const USES: Readonly<Record<string, (store: MemoryStore, session: StoredSession) => unknown>> = {
  'a load that slides': (store, { token }) => store.load(token, { slide: true }),
  'a load that does not slide': (store, { token }) => store.load(token, { slide: false }),
  'an update': (store, { token }) => store.update(token, { set: { a: '1' } }),
  'a rotation': (store, { token }) => store.rotate(token, {}),
}

for (const [title, use] of Object.entries(USES)) {
  test(`${title} makes a session recently used`, () => {
    const { store, events } = clockedStore({ max: 3 })
    const sessions = [store.create(record()), store.create(record()), store.create(record())] as const
    use(store, sessions[0])
    store.create(record())
    expect(events.map(({ handle }) => handle)).toEqual([sessions[1].handle])
  })
}

test('neither the manager nor a forged token makes a session recently used', () => {
  const { store, events } = clockedStore({ max: 2 })
  const victim = store.create(record({ indexes: { userId: '7' } }))
  store.create(record())
  store.index.list('userId', '7')
  store.index.find(victim.handle)
  store.load(`${victim.handle}.${'A'.repeat(43)}`, { slide: true })
  store.create(record())
  expect(events.map(({ handle }) => handle)).toEqual([victim.handle])
})

test('what expired makes room before a live session must go', () => {
  const { store, events, advance } = clockedStore({ max: 2, sweepEvery: 1000 })
  const live = store.create(record())
  const dead = store.create(record({ idleMs: 5000 }))
  advance(10_000)
  store.create(record())
  expect(events).toEqual([{ type: 'expired', handle: dead.handle, userId: undefined, clock: 'idle' }])
  expect(isThere(store, live)).toBe(true)
})

test('an expired session that must go is reported as expired', () => {
  const { store, events, advance } = clockedStore({ max: 1, sweepEvery: 60_000 })
  store.create(record({ idleMs: 5000 }))
  advance(5000)
  store.create(record())
  expect(events).toMatchObject([{ type: 'expired' }])
})

test('max: 1 holds the newest session', () => {
  const { store } = clockedStore({ max: 1 })
  const [first, second] = [store.create(record()), store.create(record())]
  expect([isThere(store, first), isThere(store, second)]).toEqual([false, true])
})

test('an evicted session is gone for its writers and leaves no ghost in the index', () => {
  const { store } = clockedStore({ max: 1 })
  const { token, handle } = store.create(record({ indexes: { userId: '7' } }))
  store.create(record())
  expect(store.update(token, { set: { a: '1' } })).toEqual({ outcome: 'gone' })
  expect(store.rotate(token, {})).toBeNull()
  expect(store.index.find(handle)).toBeNull()
  expect(store.index.count('userId', '7')).toBe(0)
})

function isThere(store: MemoryStore, { handle }: StoredSession): boolean {
  return store.index.find(handle) !== null
}
