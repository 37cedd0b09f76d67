// `sessions.close()` waits for what is on its way to the store, and not for ever.
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, jest, test } from '@jest/globals'
import { memoryStore, type Sessions, session } from '../../lib/index.js'
import { cookieFor } from '../../testing/index.js'
import { FaultyStore } from '../support/faulty-store.js'

const secret = 'a secret for tests, of more than 32 bytes'

class ClosingStore extends FaultyStore {
  readonly #told: string[] = []
  override readonly close = (): void => {
    this.#told.push('closed')
  }

  /** What was called, and when it was closed. */
  get story(): readonly string[] {
    return [...this.calls, ...this.#told]
  }

  get isClosed(): boolean {
    return this.#told.length > 0
  }
}

async function opened() {
  const store = new ClosingStore(memoryStore())
  const sessions = session({ secret, store, storeTimeout: '200ms' })
  const { header } = await cookieFor(sessions, { userId: 7 })
  return { store, sessions, header }
}

function visit(sessions: Sessions, cookie: string) {
  return sessions.of(Object.assign(new IncomingMessage(new Socket()), { url: '/', headers: { cookie } }))
}

test('a store that has nothing to do is closed at once', async () => {
  const { store, sessions } = await opened()
  await sessions.close()
  expect(store.isClosed).toBe(true)
})

test('a save under way is waited for', async () => {
  const { store, sessions, header } = await opened()
  const current = await visit(sessions, header)
  const held = store.holdCall('update')
  current.set('a', 1)
  const saved = current.save()
  await held.reached
  const closed = sessions.close()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(store.isClosed).toBe(false)
  held.open()
  await Promise.all([saved, closed])
  expect(store.isClosed).toBe(true)
})

test('so is the save that follows from a load under way', async () => {
  const { store, sessions, header } = await opened()
  const held = store.holdAnswer('load')
  const order: string[] = []
  const saved = visit(sessions, header).then(async (current) => {
    current.set('a', 1)
    await current.save()
    order.push('saved')
  })
  await held.reached
  const update = store.holdAnswer('update')
  const closed = sessions.close().then(() => order.push('closed'))
  held.open()
  await update.reached
  update.open()
  await Promise.all([saved, closed])
  expect(order).toEqual(['saved', 'closed'])
})

test('a call that never answers is waited for no longer than storeTimeout', async () => {
  const { store, sessions, header } = await opened()
  store.hang('load')
  const refused = visit(sessions, header).catch((error: unknown) => error)
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] })
  try {
    const closed = sessions.close()
    await jest.advanceTimersByTimeAsync(199)
    expect(store.isClosed).toBe(false)
    await jest.advanceTimersByTimeAsync(2)
    await closed
    expect(store.isClosed).toBe(true)
  } finally {
    jest.useRealTimers()
  }
  expect(await refused).toMatchObject({ code: 'ERR_SESSION_STORE' })
})
