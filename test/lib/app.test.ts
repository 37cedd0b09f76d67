import { afterEach, describe, expect, jest, test } from '@jest/globals'
import type { StoreEvent } from '../../lib/index.js'
import { memoryStore } from '../../stores/memory.js'
import { gate, turn } from '../support/barrier.js'
import { FaultyStore } from '../support/faulty-store.js'
import { appOf, clockAt, cookieOf, exchangeFor, stored, warnings } from './harness.js'

afterEach(() => {
  jest.useRealTimers()
  jest.restoreAllMocks()
})

describe('what all requests share', () => {
  test('warns of the same thing once, under a code', () => {
    const warned = warnings()
    const app = appOf()
    for (const code of ['A', 'B', 'A']) app.warn(code, `message ${code}`)
    expect(warned.codes()).toEqual(['STEADY_SESSION_A', 'STEADY_SESSION_B'])
  })

  test('passes on what happens in the store outside of any request', () => {
    let tell = (_event: StoreEvent): void => {}
    const store = Object.assign(new FaultyStore(memoryStore()), {
      listen: (listener: typeof tell) => {
        tell = listener
      },
    })
    const app = appOf({ store })
    const ended = jest.fn()
    app.events.on('ended', ended)
    tell({ type: 'expired', handle: 'h', userId: 'ann', clock: 'idle' })
    tell({ type: 'evicted', handle: 'h', userId: undefined })
    expect(ended.mock.calls.map(([event]) => event)).toEqual([
      { handle: 'h', userId: 'ann', reason: 'expired', clock: 'idle', request: undefined },
      { handle: 'h', userId: undefined, reason: 'evicted', request: undefined },
    ])
  })

  test('tells of an evicted session of a full memory store', async () => {
    const app = appOf({ store: memoryStore({ max: 1 }) })
    const reasons: string[] = []
    app.events.on('ended', ({ reason }) => reasons.push(reason))
    await stored(app.config.store, {})
    await stored(app.config.store, {})
    expect(reasons).toEqual(['evicted'])
  })

  test('reports each failure of the store once, and throws it', async () => {
    const app = appOf()
    const seen = jest.fn()
    app.events.on('storeError', seen)
    const fail = (): never => {
      throw new Error('down')
    }
    expect(() => app.call('load', fail)).toThrow(expect.objectContaining({ operation: 'load' }))
    await expect(app.call('load', async () => fail())).rejects.toMatchObject({ operation: 'load' })
    expect(seen).toHaveBeenCalledTimes(2)
  })

  test('bounds the first connection by its own deadline', async () => {
    jest.useFakeTimers()
    const store = Object.assign(new FaultyStore(memoryStore()), { ready: () => new Promise<void>(() => {}) })
    const app = appOf({ store, connectTimeout: '5s', storeTimeout: '100ms' })
    const failed = jest.fn()
    app.connecting()?.catch(failed)
    await jest.advanceTimersByTimeAsync(4999)
    expect(failed).not.toHaveBeenCalled()
    await jest.advanceTimersByTimeAsync(1)
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ message: 'session store: connect did not answer within 5000 ms' }))
  })
})

describe('the first write of a stranger', () => {
  test('waits for the first connection, however long storeTimeout is, and only then for its own answer', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'nextTick'] })
    const connection = gate()
    const store = Object.assign(new FaultyStore(memoryStore()), { ready: () => connection.pass() })
    const app = appOf({ store, connectTimeout: '10s', storeTimeout: '750ms' })
    const exchange = await exchangeFor(app)
    exchange.session.set('a', 1)
    const outcome = jest.fn()
    const saved = exchange.session.save().then(outcome, outcome)
    await jest.advanceTimersByTimeAsync(9000)
    expect([store.calls, outcome.mock.calls]).toEqual([[], []])
    connection.open()
    await saved
    expect([store.calls, outcome.mock.calls]).toEqual([['create'], [[undefined]]])
    expect(exchange.state.stored).not.toBeNull()
  })

  test('fails at connectTimeout, and the store was never asked', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'nextTick'] })
    const store = Object.assign(new FaultyStore(memoryStore()), { ready: () => new Promise<void>(() => {}) })
    const exchange = await exchangeFor(appOf({ store, connectTimeout: '5s', storeTimeout: '100ms' }))
    exchange.session.set('a', 1)
    const outcome = jest.fn()
    exchange.session.save().catch(outcome)
    await jest.advanceTimersByTimeAsync(4999)
    expect(outcome).not.toHaveBeenCalled()
    await jest.advanceTimersByTimeAsync(1)
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ operation: 'connect', status: 503 }))
    expect(store.calls).toEqual([])
  })
})

describe('a create whose answer came too late', () => {
  test('is ended on a best effort, since no cookie leads to it (design section 5)', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'nextTick'] })
    const inner = memoryStore({ clock: clockAt(0) })
    const store = new FaultyStore(inner)
    const app = appOf({ store })
    const exchange = await exchangeFor(app)
    const held = store.holdAnswer('create')
    exchange.session.set('a', 1)
    const saved = exchange.session.save().catch((error: unknown) => error)
    await held.reached
    await jest.advanceTimersByTimeAsync(750)
    expect(await saved).toMatchObject({ code: 'ERR_SESSION_STORE', unknown: true })
    expect(inner.size).toBe(1)
    held.open()
    for (let i = 0; i < 4; i++) await turn()
    expect([inner.size, await store.live()]).toEqual([0, []])
  })

  test('of a sign-in leaves no token alive, neither the old nor the new one (F-13)', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'nextTick'] })
    const store = new FaultyStore(memoryStore({ clock: clockAt(0) }))
    const app = appOf({ store })
    const exchange = await exchangeFor(app, cookieOf(app, await stored(store, {})))
    const held = store.holdAnswer('rotate')
    void exchange.session.signIn('ann')
    const saved = exchange.session.save().catch((error: unknown) => error)
    await held.reached
    await jest.advanceTimersByTimeAsync(750)
    expect(await saved).toMatchObject({ operation: 'rotate', unknown: true })
    held.open()
    for (let i = 0; i < 4; i++) await turn()
    expect(await store.live()).toEqual([])
  })
})
