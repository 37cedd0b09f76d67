// Writers that overlap, in one process and in two; when it is written, and when not.
import { afterEach, expect, jest, test } from '@jest/globals'
import { expressStore } from '../../stores/express-store.js'
import { HandHeldStore, mustLoad, record } from './express-store-kit.js'

afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

test('an update reads and writes once; one that changes nothing, conflicts or comes too late does not write', async () => {
  const held = new HandHeldStore()
  const store = expressStore(held)
  const { token } = await store.create(record({}, { a: '1' }))
  expect(held.calls.splice(0)).toEqual(['get', 'set'])
  await store.update(token, { set: { b: '2' } })
  expect(held.calls.splice(0)).toEqual(['get', 'set'])
  await store.update(token, { expect: { a: '1' } })
  await store.update(token, { expect: { a: '2' }, set: { b: '3' } })
  expect(await store.rotate(token, { expect: { a: '2' }, set: { b: '3' } } as never)).toBeNull()
  await store.destroy(token)
  await store.update(token, { set: { b: '3' } })
  expect(held.calls).toEqual(['get', 'get', 'get', 'get', 'destroy', 'get'])
})

test('a load is one call; it slides once per tenth of the idle span, however many load at that moment', async () => {
  const held = new HandHeldStore()
  const store = expressStore(held)
  const { token, facts } = await store.create(record())
  const clock = jest.spyOn(Date, 'now')
  held.calls.length = 0
  clock.mockReturnValue(facts.seenAt + 359_999)
  await mustLoad(store, token, true)
  expect(held.calls.splice(0)).toEqual(['get'])
  clock.mockReturnValue(facts.seenAt + 360_000)
  await mustLoad(store, token, false)
  expect(held.calls.splice(0)).toEqual(['get'])
  const loads = await Promise.all([1, 2, 3, 4].map(() => mustLoad(store, token, true)))
  for (const loaded of loads) expect(loaded.facts.seenAt).toBe(facts.seenAt + 360_000)
  expect(held.calls.filter((call) => call === 'set')).toHaveLength(1)
})

test('touch is not called: it would move the TTL and leave what the session says of itself', async () => {
  const held = new HandHeldStore()
  const store = expressStore(held)
  const { token, facts } = await store.create(record())
  jest.spyOn(Date, 'now').mockReturnValue(facts.seenAt + 3_000_000)
  await mustLoad(store, token, true)
  expect(held.calls).not.toContain('touch')
})

test('a slide that cannot be written does not fail the read, and the next load tries again', async () => {
  const held = new HandHeldStore()
  const store = expressStore(held)
  const { token, facts } = await store.create(record())
  jest.spyOn(Date, 'now').mockReturnValue(facts.seenAt + 400_000)
  const set = jest.spyOn(held, 'set').mockImplementation((_sid, _session, callback) => callback(new Error('OOM')))
  expect((await mustLoad(store, token, true)).facts.seenAt).toBe(facts.seenAt)
  set.mockRestore()
  expect((await mustLoad(store, token, true)).facts.seenAt).toBe(facts.seenAt + 400_000)
})

test('writers in two processes, one after the other, both survive: each reads just before it writes', async () => {
  const held = new HandHeldStore()
  const [here, there] = [expressStore(held), expressStore(held)]
  const { token } = await here.create(record({}, { a: '1' }))
  await mustLoad(there, token)
  await here.update(token, { set: { b: '2' } })
  await there.update(token, { set: { c: '3' } })
  expect({ ...(await mustLoad(here, token)).values }).toEqual({ a: '1', b: '2', c: '3' })
  const rotated = await here.rotate(token, {})
  expect(await there.update(token, { set: { d: '4' } })).toEqual({ outcome: 'gone' })
  await there.destroy(rotated?.token ?? '')
  expect(await here.update(rotated?.token ?? '', { set: { d: '4' } })).toEqual({ outcome: 'gone' })
  expect(held.texts.size).toBe(0)
})

test('what falls between the read and the write of another process is lost, and an end undone: merge, expect and revoke are declared', async () => {
  const held = new HandHeldStore()
  const [here, there] = [expressStore(held), expressStore(held)]
  const { token } = await here.create(record())
  await Promise.all([here.update(token, { set: { a: '1' } }), there.update(token, { set: { b: '2' } })])
  expect({ ...(await mustLoad(here, token)).values }).toEqual({ b: '2' })
  await Promise.all([here.destroy(token), there.update(token, { set: { c: '3' } })])
  expect(held.texts.size).toBe(1)
  expect(here.cannot).toEqual(expect.arrayContaining(['merge', 'expect', 'revoke', 'index', 'own-clock']))
})

test('end ends a session by its handle, whoever holds its token, and nothing that is not ours', async () => {
  const held = new HandHeldStore()
  const store = expressStore(held)
  const { handle, token } = await store.create(record())
  const rotated = await store.rotate(token, {})
  held.texts.set('foreign', JSON.stringify({ cookie: {}, user: 7 }))
  expect([await store.end?.(handle), await store.end?.(handle), await store.end?.('foreign')]).toEqual([true, false, false])
  expect([await store.load(token, { slide: true }), await store.load(rotated?.token ?? '', { slide: true })]).toEqual([null, null])
  expect([...held.texts.keys()]).toEqual(['foreign'])
})

test('end says of a session that is over that it was not there, and removes what is left of it', async () => {
  const held = new HandHeldStore()
  const store = expressStore(held)
  const { handle, facts } = await store.create(record())
  jest.spyOn(Date, 'now').mockReturnValue(facts.seenAt + 3_600_000)
  expect(await store.end?.(handle)).toBe(false)
  expect(held.texts.size).toBe(0)
})

test('end waits for its turn, so that a writer under way brings nothing back', async () => {
  const held = new HandHeldStore()
  const store = expressStore(held)
  const { handle, token } = await store.create(record())
  const writing = store.update(token, { set: { a: '1' } })
  const ending = store.end?.(handle)
  const late = store.update(token, { set: { b: '2' } })
  expect([(await writing).outcome, await ending, (await late).outcome]).toEqual(['saved', true, 'gone'])
  expect(held.texts.size).toBe(0)
})

test('a failed write lets the next writer have its turn', async () => {
  const held = new HandHeldStore()
  const store = expressStore(held)
  const { token } = await store.create(record())
  held.failure = new Error('down')
  const failing = store.update(token, { set: { a: '1' } })
  const next = store.update(token, { set: { b: '2' } })
  await expect(failing).rejects.toThrow('down')
  await expect(next).rejects.toThrow('down')
  held.failure = undefined
  expect(await store.update(token, { set: { c: '3' } })).toEqual({ outcome: 'saved', token })
})

test('a call that is never answered holds the writers of its session for ten seconds, and those of others not at all', async () => {
  jest.useFakeTimers()
  const held = new HandHeldStore()
  const store = expressStore(held)
  const [one, other] = [await store.create(record()), await store.create(record())]
  held.gate = new Promise(() => {})
  void store.update(one.token, { set: { a: '1' } })
  held.gate = Promise.resolve()
  expect(await store.update(other.token, { set: { a: '1' } })).toMatchObject({ outcome: 'saved' })
  let outcome: string | undefined
  const waiting = Promise.resolve(store.update(one.token, { set: { b: '2' } })).then((result) => {
    outcome = result.outcome
  })
  await jest.advanceTimersByTimeAsync(9_999)
  expect(outcome).toBeUndefined()
  await jest.advanceTimersByTimeAsync(1)
  await waiting
  expect(outcome).toBe('saved')
})
