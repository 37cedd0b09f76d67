import { describe, expect, test } from '@jest/globals'
import type { SessionEvents } from '../../lib/events.js'
import { memoryStore } from '../../stores/memory.js'
import { FaultyStore } from '../support/faulty-store.js'
import { appOf } from './harness.js'

type Call = SessionEvents['storeCall']

function timed(storeTimeout = '1s') {
  const app = appOf({ store: new FaultyStore(memoryStore()), storeTimeout })
  const told: Call[] = []
  const stop = app.events.on('storeCall', (call) => told.push(call))
  return { app, told, stop, outcomes: () => told.map(({ operation, outcome }) => `${operation} ${outcome}`) }
}

const down = (): never => {
  throw new Error('down')
}

describe('a timed call of the store', () => {
  test('answers as an untimed one does, with and without a promise', async () => {
    const { app, outcomes } = timed()
    expect(app.call('load', () => 1)).toBe(1)
    expect(await app.call('update', async () => 2)).toBe(2)
    expect(outcomes()).toEqual(['load ok', 'update ok'])
  })

  test('fails as an untimed one does, and is told once', async () => {
    const { app, outcomes } = timed()
    expect(() => app.call('load', down)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_STORE' }))
    await expect(app.call('update', async () => down())).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(outcomes()).toEqual(['load error', 'update error'])
  })

  test('takes as long as its answer, and no longer than its deadline', async () => {
    const { app, told } = timed('40ms')
    await app.call('load', () => new Promise((resolve) => setTimeout(resolve, 20)))
    await expect(app.call('load', () => new Promise(() => {}))).rejects.toMatchObject({ timedOut: true })
    expect(told.map(({ outcome }) => outcome)).toEqual(['ok', 'timeout'])
    expect(told[0]?.seconds).toBeGreaterThan(0.015)
    expect(told[1]?.seconds).toBeGreaterThan(0.035)
    expect(told[1]?.seconds).toBeLessThan(0.5)
  })

  test('that was not tried is refused, not an error of the store', () => {
    const { app, outcomes } = timed()
    for (let n = 0; n < 6; n++) expect(() => app.call('load', down)).toThrow()
    expect(outcomes()).toEqual([...Array(5).fill('load error'), 'load refused'])
  })

  test('is an ordinary one again once nobody listens', () => {
    const { app, told, stop } = timed()
    stop()
    expect(app.call('load', () => 1)).toBe(1)
    expect(told).toEqual([])
  })
})
