import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { memoryStore, type Sessions, session } from '../../lib/index.js'
import type { MemoryStore } from '../../stores/memory.js'
import { type Clock, clockAt, DAY, HOUR, MINUTE, SECRET, stored } from './harness.js'

const START = Date.UTC(2026, 10, 21)

let clock: Clock
let store: MemoryStore
let sessions: Sessions

beforeEach(() => {
  clock = clockAt(START)
  store = memoryStore({ clock })
  sessions = session({ secret: SECRET, store, indexes: ['workerId'] })
})
afterEach(() => sessions.close())

async function open(userId: string | null, minutesLater = 0): Promise<string> {
  clock.now += minutesLater * MINUTE
  const indexes: Record<string, string> = userId === null ? {} : { userId }
  return (await stored(store, {}, { indexes, address: '192.0.2.7', agent: 'A browser' })).slice(0, 22)
}

async function see(handle: string): Promise<void> {
  // A load by handle alone is nobody's right; the test moves the clock instead.
  expect(await sessions.find(handle)).not.toBeNull()
}

describe('a list of sessions', () => {
  test('shows what people want to know of a device, as dates and texts', async () => {
    const handle = await open('ann')
    const [entry] = await sessions.list({ user: 'ann', current: handle })
    expect(entry).toEqual({
      handle,
      userId: 'ann',
      indexes: {},
      createdAt: new Date(START),
      startedAt: new Date(START),
      authenticatedAt: new Date(START),
      lastSeenAt: new Date(START),
      expiresAt: new Date(START + 14 * DAY),
      address: '192.0.2.7',
      agent: 'A browser',
      remembered: true,
      notice: null,
      current: true,
    })
    expect((await sessions.list({ user: 'ann' }))[0]?.current).toBe(false)
  })

  test('is paged: each session once, whatever ends in between', async () => {
    for (let n = 0; n < 25; n++) await open('ann', 1)
    const seen: string[] = []
    let page = await sessions.list({ user: 'ann', limit: 10 })
    for (;;) {
      seen.push(...page.map(({ handle }) => handle))
      if (page.next === null) break
      await sessions.end(page.at(-1)?.handle as string)
      page = await sessions.list({ user: 'ann', limit: 10, after: page.next })
    }
    expect([seen.length, new Set(seen).size]).toEqual([25, 25])
  })

  test('is sorted by age, the oldest first, across pages', async () => {
    const handles = []
    for (let n = 0; n < 7; n++) handles.push(await open(n % 2 === 0 ? 'ann' : null, 1))
    const first = await sessions.list({ sortBy: 'age', limit: 4 })
    const second = await sessions.list({ sortBy: 'age', limit: 4, after: first.next as string })
    expect([...first, ...second].map(({ handle }) => handle)).toEqual(handles)
    expect(second.next).toBeNull()
  })

  test('filters by idleness and by age', async () => {
    const old = await open('ann')
    const young = await open('ann', 60)
    const handlesOf = async (options: object): Promise<string[]> =>
      (await sessions.list({ user: 'ann', ...options })).map(({ handle }) => handle)
    expect(await handlesOf({ olderThan: '1h' })).toEqual([old])
    expect(await handlesOf({ olderThan: '61m' })).toEqual([])
    expect(await handlesOf({ idleLongerThan: '30m' })).toEqual([old])
    clock.now += 30 * MINUTE
    expect((await handlesOf({ idleLongerThan: '30m', sortBy: 'idle' })).sort()).toEqual([old, young].sort())
    await see(old)
  })

  test('of the whole store meets every session, signed in or not', async () => {
    const handles = []
    for (let n = 0; n < 250; n++) handles.push(await open(n % 2 === 0 ? `user ${n}` : null))
    const seen: string[] = []
    for (let page = await sessions.list(); ; page = await sessions.list({ after: page.next as string })) {
      seen.push(...page.map(({ handle }) => handle))
      if (page.next === null) break
    }
    expect(seen.sort()).toEqual(handles.sort())
    expect(await sessions.count({})).toBe(250)
  })

  test('refuses what it does not understand', async () => {
    await expect(sessions.list({ sortBy: 'colour' as never })).rejects.toThrow(/^sortBy: expected/)
    await expect(sessions.list({ limit: 0 })).rejects.toThrow(/^limit: expected/)
    await expect(sessions.list({ idleLongerThan: '3600' })).rejects.toThrow(/^idleLongerThan: '3600' has no unit/)
  })
})

describe('counts', () => {
  test('of several values come at once', async () => {
    await open('ann')
    await open('ann')
    await open('bob')
    expect(await sessions.countBy('userId', ['ann', 'bob', 'eve'])).toEqual({ ann: 2, bob: 1, eve: 0 })
    await expect(sessions.countBy('colour', ['red'])).rejects.toThrow(/^colour: not an index/)
  })

  test('and the rest of the numbers are told by stats', async () => {
    await open('ann')
    const [first] = await sessions.list({ user: 'ann' })
    await open('ann', 60)
    await open(null)
    expect(await sessions.stats()).toEqual({
      active: 3,
      signedIn: 2,
      users: 1,
      sessionsPerUser: 2,
      meanAge: HOUR / 1000 / 3,
      created: 0,
      ended: {},
    })
    await sessions.end(first?.handle as string)
    expect(await sessions.stats()).toMatchObject({ active: 2, ended: { manager: 1 } })
  })
})

describe('many sessions at once', () => {
  test('that nobody has used for long are ended, or with dryRun only counted', async () => {
    await open('ann')
    await open('bob')
    await open('eve', 60)
    expect([await sessions.sweepIdle('1h', { dryRun: true }), store.size]).toEqual([2, 3])
    expect([await sessions.sweepIdle('1h'), store.size]).toEqual([2, 1])
    expect(await sessions.sweepIdle('1h')).toBe(0)
  })

  test('and all of them, are ended by endEverything (T-14)', async () => {
    for (let n = 0; n < 10; n++) await open('ann')
    await sessions.endEverything()
    expect([await sessions.count({ user: 'ann' }), await sessions.count({})]).toEqual([0, 0])
    await open('ann')
    expect(await sessions.count({})).toBe(1)
  })
})

describe('a graceful end', () => {
  test('leaves the session a while, with a notice, and then ends it', async () => {
    const handle = await open('ann')
    expect(await sessions.end(handle, { in: '60s', message: 'Maintenance.' })).toBe(true)
    const endsAt = new Date(START + MINUTE)
    expect(await sessions.find(handle)).toMatchObject({ notice: { message: 'Maintenance.', endsAt }, expiresAt: endsAt })
    clock.now += MINUTE - 1
    expect(await sessions.find(handle)).not.toBeNull()
    clock.now += 1
    expect(await sessions.find(handle)).toBeNull()
  })

  test('of no session is told, and a message has its limit', async () => {
    expect(await sessions.end('A'.repeat(22), { in: '1m' })).toBe(false)
    await expect(sessions.end(await open('ann'), { in: '1m', message: 'x'.repeat(501) })).rejects.toThrow(/^message: expected/)
    await expect(sessions.end(await open('ann'), { in: '60' })).rejects.toThrow(/^in: '60' has no unit/)
  })
})
