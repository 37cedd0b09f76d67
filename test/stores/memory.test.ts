import crypto from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, expect, jest, test } from '@jest/globals'
import { parseToken } from '../../lib/token.js'
import { memoryStore } from '../../stores/memory.js'
import { describeStoreContract } from '../../testing/store-contract.js'
import { clockedStore, record } from './memory-kit.js'

let contractClock = Date.UTC(2026, 10, 21)

describeStoreContract('memory', {
  open: () => memoryStore({ clock: () => contractClock }),
  openAlone: () => memoryStore({ clock: () => contractClock }),
  close: (store) => store.close?.(),
  advance: (ms) => {
    contractClock += ms
  },
})

afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

test('every call answers without a promise', () => {
  const { store } = clockedStore()
  const { token, handle } = store.create(record())
  const rotated = store.rotate(token, {})
  const answers = [
    store.load(rotated?.token ?? '', { slide: true }),
    store.update(token, {}),
    store.index.find(handle),
    store.destroy(token),
  ]
  for (const answer of answers) expect(answer).not.toBeInstanceOf(Promise)
})

test('a load copies no values, and what it handed out is frozen', () => {
  const { store } = clockedStore()
  const { token } = store.create(record({ indexes: { userId: '7' } }, { a: '1' }))
  const [first, second] = [store.load(token, { slide: true }), store.load(token, { slide: false })]
  if (first === null || first === 'reused' || second === null || second === 'reused') throw new Error('not found')
  expect(first.values).toBe(second.values)
  expect(Object.isFrozen(first.values) && Object.isFrozen(first.facts.indexes)).toBe(true)
})

test('a snapshot stays as it was through update, rotation, reassignment, slide and end', () => {
  const { store, advance } = clockedStore()
  const { token } = store.create(record({ indexes: { workerId: 'w1' } }, { workerId: '"w1"' }))
  const snapshot = store.load(token, { slide: false })
  const text = inspect(snapshot, { depth: null })
  advance(1000)
  store.load(token, { slide: true })
  store.update(token, { set: { a: '1' }, unset: ['workerId'], indexes: { workerId: null, room: 'r' } })
  store.index.reassign('room', 'r', 's', '"s"')
  store.destroy(store.rotate(token, { clear: { keep: [] } })?.token ?? '')
  expect(inspect(snapshot, { depth: null })).toBe(text)
})

test('a load that slides keeps every fact but the time', () => {
  const { store, advance } = clockedStore()
  const origin = { address: '192.0.2.1', agent: 'Firefox', certificate: 'abc' }
  const { token, handle, facts } = store.create(record({ ...origin, indexes: { userId: '7' }, lifetimeMs: null }))
  advance(1000)
  const slid = { ...facts, seenAt: facts.seenAt + 1000 }
  expect(store.load(token, { slide: true })).toMatchObject({ facts: slid })
  store.index.endIn(handle, 60_000, 'soon')
  const noticed = store.load(token, { slide: false })
  if (noticed === null || noticed === 'reused') throw new Error('not found')
  expect(noticed.facts.notice).toMatchObject({ message: 'soon' })
  advance(1000)
  expect(store.load(token, { slide: true })).toStrictEqual({
    ...noticed,
    facts: { ...noticed.facts, seenAt: slid.seenAt + 1000 },
    now: slid.seenAt + 1000,
  })
})

test('a token that was good until now is an old one right after the rotation, and its successor is judged anew', () => {
  const { store } = clockedStore()
  const { token } = store.create(record())
  for (let i = 0; i < 3; i++) expect(store.load(token, { slide: true })).not.toBe('reused')
  const next = store.rotate(token, {})?.token ?? ''
  expect(store.load(token, { slide: true })).toBe('reused')
  for (let i = 0; i < 3; i++) expect(store.load(next, { slide: true })).toMatchObject({ token: next })
  expect(store.load(token, { slide: true })).toBe('reused')
})

test('an update without changes of the values keeps the map itself', () => {
  const { store } = clockedStore()
  const { token } = store.create(record({}, { a: '1' }))
  const before = store.load(token, { slide: false })
  store.update(token, { terms: { persistent: false } })
  const after = store.load(token, { slide: false })
  expect(after).toHaveProperty('values', (before as { values: unknown }).values)
})

test('T-5: a handle that exists is tried again, and its session is not touched', () => {
  const { store } = clockedStore()
  const first = store.create(record({}, { owner: '"one"' }))
  const used = Buffer.from(first.handle, 'base64url')
  const generator = jest.spyOn(crypto, 'randomBytes').mockImplementationOnce(() => used as never)
  const second = store.create(record({}, { owner: '"two"' }))
  expect(generator.mock.calls).toEqual([[16], [16], [32]])
  expect(second.handle).not.toBe(first.handle)
  expect(store.load(first.token, { slide: false })).toHaveProperty('values.owner', '"one"')
  expect(store.load(second.token, { slide: false })).toHaveProperty('values.owner', '"two"')
})

test('T-5: a generator that is stuck gives an error, and never two sessions in one record', () => {
  const { store } = clockedStore()
  jest.spyOn(crypto, 'randomBytes').mockImplementation((size: number) => Buffer.alloc(size, 7) as never)
  const first = store.create(record({}, { owner: '"one"' }))
  expect(() => store.create(record({}, { owner: '"two"' }))).toThrow(expect.objectContaining({ code: 'ERR_SESSION_STORE', unknown: false }))
  expect(store.load(first.token, { slide: false })).toHaveProperty('values.owner', '"one"')
  expect(store.size).toBe(1)
})

test('T-31: without random numbers there is an error and no session', () => {
  const { store } = clockedStore()
  jest.spyOn(crypto, 'randomBytes').mockImplementation(() => {
    throw new Error('no entropy')
  })
  expect(() => store.create(record())).toThrow('no entropy')
  expect(store.size).toBe(0)
})

test('T-69: a dump of the store after login and rotation holds no verifier, and nothing that works as a cookie', () => {
  const { store } = clockedStore()
  const before = store.create(record({}, { cart: '["book"]' }))
  const after = store.rotate(before.token, { indexes: { userId: '7' } })
  const tokens = [before.token, after?.token ?? '']
  store.load(before.token, { slide: true })
  store.load(after?.token ?? '', { slide: true })
  store.update(before.token, { set: { late: '1' } })
  const dump = dumpOf(store)
  expect(dump).toContain(before.handle)
  for (const token of tokens) {
    expect(dump).not.toContain(token)
    expect(dump).not.toContain(parseToken(token)?.verifier)
  }
  expect(dump).toContain(
    crypto
      .createHash('sha256')
      .update(parseToken(tokens[1] ?? '')?.verifier ?? '')
      .digest('base64url'),
  )
  for (const text of dump.match(/[\w-]{43}/g) ?? []) expect(typeof store.load(`${before.handle}.${text}`, { slide: true })).toBe('string')
})

test('a listener that throws harms neither the call nor the other listeners', () => {
  const { store, events, advance } = clockedStore()
  store.listen(() => {
    throw new Error('mine')
  })
  store.listen((event) => events.push(event))
  const { token } = store.create(record())
  advance(3_600_000)
  expect(store.load(token, { slide: true })).toBeNull()
  expect(events).toHaveLength(2)
})

test('wrong options are refused at start-up by their name', () => {
  for (const max of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5']) {
    expect(() => memoryStore({ max: max as number })).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(/^max: /) }),
    )
  }
  for (const sweepEvery of [0, -1, Number.NaN, 2 ** 31, '60s']) {
    expect(() => memoryStore({ sweepEvery: sweepEvery as number })).toThrow(/^sweepEvery: /)
  }
  expect(() => memoryStore({ clock: 5 as never })).toThrow(/^clock: /)
  expect(() => memoryStore({ ttl: 5 } as never)).toThrow(/^ttl: /)
})

test('well-formed tokens that nobody was given find nothing and leave nothing', () => {
  const { store } = clockedStore()
  for (let n = 0; n < 100; n++)
    expect(store.load(`${crypto.randomBytes(16).toString('base64url')}.${'A'.repeat(43)}`, { slide: true })).toBeNull()
  expect(store.size).toBe(0)
})

/** All that an inspector or a serializer can see, in one text. */
function dumpOf(store: object): string {
  const json = JSON.stringify(store, (key, value: unknown) => {
    if (key === 'older' || key === 'newer') return undefined
    return value instanceof Map || value instanceof Set ? [...value] : value
  })
  return (
    JSON.stringify(store) +
    json +
    inspect(store, { depth: Number.POSITIVE_INFINITY, showHidden: true, maxStringLength: null, maxArrayLength: null })
  )
}
