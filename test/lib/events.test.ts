import { describe, expect, jest, test } from '@jest/globals'
import { SessionEmitter } from '../../lib/events.js'

const EVENT = { handle: 'h', userId: undefined, reason: 'manager', request: undefined } as const

describe('an event', () => {
  test('reaches every listener of its name, in order, and no other', () => {
    const emitter = new SessionEmitter()
    const seen: string[] = []
    emitter.on('ended', ({ reason }) => seen.push(`first ${reason}`))
    emitter.on('ended', ({ handle }) => seen.push(`second ${handle}`))
    emitter.on('gone', () => seen.push('never'))
    emitter.emit('ended', EVENT)
    expect(seen).toEqual(['first manager', 'second h'])
  })

  test('no longer reaches a listener that was stopped, also by itself while it listens', () => {
    const emitter = new SessionEmitter()
    const listener = jest.fn(() => stop())
    const other = jest.fn()
    const stop = emitter.on('ended', listener)
    emitter.on('ended', other)
    emitter.emit('ended', EVENT)
    emitter.emit('ended', EVENT)
    stop()
    expect([listener.mock.calls.length, other.mock.calls.length]).toEqual([1, 2])
  })

  test('reaches the others although one listener throws and another rejects (T-72)', async () => {
    const unhandled = jest.fn()
    process.on('unhandledRejection', unhandled)
    const emitter = new SessionEmitter()
    const last = jest.fn()
    emitter.on('ended', () => {
      throw new Error('thrown')
    })
    emitter.on('ended', async () => {
      throw new Error('rejected')
    })
    emitter.on('ended', () => new Promise(() => {}))
    emitter.on('ended', last)
    expect(() => emitter.emit('ended', EVENT)).not.toThrow()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(last).toHaveBeenCalledTimes(1)
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('that nobody listens to costs nothing and fails nothing', () => {
    expect(() => new SessionEmitter().emit('ended', EVENT)).not.toThrow()
  })
})
