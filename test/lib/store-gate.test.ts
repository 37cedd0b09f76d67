import { describe, expect, jest, test } from '@jest/globals'
import { SessionStoreError } from '../../lib/errors.js'
import { storeCalls } from '../../lib/store-calls.js'
import { StoreGate } from '../../lib/store-gate.js'

const refuse = (error: unknown): never => {
  throw error
}
const timeout = (): SessionStoreError => new SessionStoreError('load', 'did not answer', { unknown: true, timedOut: true })

function tired(): StoreGate {
  const gate = new StoreGate()
  for (let i = 0; i < 5; i++) gate.failed(timeout())
  return gate
}

describe('a store in trouble', () => {
  test('is not asked after five timeouts or connection errors in a row, which says that nothing was sent', () => {
    expect(() => tired().assertOpen('load', refuse)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_STORE', status: 503, unknown: false, operation: 'load' }),
    )
  })

  test('is asked as long as there are fewer, or one call in between had an answer', () => {
    const gate = new StoreGate()
    for (let i = 0; i < 4; i++) gate.failed(timeout())
    gate.assertOpen('load', refuse)
    gate.succeeded('an answer')
    for (let i = 0; i < 4; i++) gate.failed(timeout())
    expect(() => gate.assertOpen('load', refuse)).not.toThrow()
  })

  test('is not one that refuses: "out of memory" is an answer', () => {
    const gate = new StoreGate()
    for (let i = 0; i < 20; i++) gate.failed(new SessionStoreError('create', 'was refused: out of memory', { unknown: false }))
    expect(() => gate.assertOpen('create', refuse)).not.toThrow()
  })

  test('is tried again by one call after its rest, and is in use at once if that has an answer', () => {
    const now = jest.spyOn(performance, 'now')
    try {
      const gate = tired()
      const after = performance.now() + 301
      now.mockReturnValue(after)
      gate.assertOpen('load', refuse)
      expect(() => gate.assertOpen('load', refuse)).toThrow(SessionStoreError)
      gate.succeeded('an answer')
      expect(() => gate.assertOpen('load', refuse)).not.toThrow()
    } finally {
      now.mockRestore()
    }
  })

  test('rests again if that call fails, too', () => {
    const now = jest.spyOn(performance, 'now')
    try {
      const gate = tired()
      now.mockReturnValue(performance.now() + 301)
      gate.assertOpen('load', refuse)
      gate.failed(timeout())
      expect(() => gate.assertOpen('load', refuse)).toThrow(SessionStoreError)
    } finally {
      now.mockRestore()
    }
  })
})

describe('calls without an answer', () => {
  test('are a thousand at most, those that timed out among them, until their answers come', async () => {
    const gate = new StoreGate()
    const answers: (() => void)[] = []
    for (let i = 0; i < 1000; i++) void gate.track(new Promise<void>((resolve) => answers.push(resolve)))
    expect(() => gate.assertOpen('load', refuse)).toThrow(/too many calls/)
    answers[0]?.()
    await Promise.resolve()
    await Promise.resolve()
    expect(() => gate.assertOpen('load', refuse)).not.toThrow()
  })

  test('do not count where a store answers without a promise', () => {
    const gate = new StoreGate()
    const { call } = storeCalls(50, refuse, gate)
    for (let i = 0; i < 2000; i++) expect(call('load', () => i)).toBe(i)
    expect(() => gate.assertOpen('load', refuse)).not.toThrow()
  })
})

test('a store that throws is left alone as well as one that rejects, and every failure is reported once', async () => {
  for (const failing of [() => refuse(new Error('down')), () => Promise.reject(new Error('down'))]) {
    const reported: unknown[] = []
    const asked = jest.fn(failing)
    const { call } = storeCalls(50, (error) => {
      reported.push(error)
      throw error
    })
    for (let i = 0; i < 8; i++) await expect((async () => call('load', asked))()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(asked).toHaveBeenCalledTimes(5)
    expect(reported).toHaveLength(8)
  }
})
