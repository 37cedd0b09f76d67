// The check of a request whose connection is not a real one.
import { describe, expect, test } from '@jest/globals'
import type { SessionApp } from '../../../lib/app.js'
import { bindingCheck } from '../../../lib/checks/binding.js'
import { loadSession } from '../../../lib/load.js'
import { readSessionCookies } from '../../../lib/session-cookie.js'
import { memoryStore } from '../../../stores/memory.js'
import { FaultyStore } from '../../support/faulty-store.js'
import { appOf, cookieOf, requestWith, stored } from '../harness.js'

const BIND = { ip: 'exact', onMismatch: 'end' } as const

async function arrive(app: SessionApp, token: string, socket: object) {
  const request = requestWith({ cookie: cookieOf(app, token) })
  Object.defineProperty(request, 'socket', { value: socket })
  return loadSession(app, request, readSessionCookies(app, request))
}

describe('the check of the binding', () => {
  test('does not exist where the option is off: the connection is not even looked at', async () => {
    const app = appOf({ bind: { ip: 'off', onMismatch: 'end' } })
    expect(bindingCheck(app, requestWith())).toBeNull()
    const touched = new Proxy({}, { get: (_, name) => expect(name).toBe('never') })
    const token = await stored(app.config.store, {}, { address: '192.0.2.7', agent: 'curl', certificate: 'AB:CD' })
    expect((await arrive(app, token, touched)).found).not.toBeNull()
  })

  test('does not use, and does not end, a session whose request has no connection any more', async () => {
    const store = new FaultyStore(memoryStore())
    const app = appOf({ store, bind: BIND })
    const actions: string[] = []
    app.events.on('mismatch', ({ action }) => actions.push(action))
    const token = await stored(store, {}, { address: '192.0.2.7' })
    for (const socket of [{ destroyed: true, remoteAddress: '192.0.2.8' }, { destroyed: true }, { destroyed: false }]) {
      expect((await arrive(app, token, socket)).found).toBeNull()
    }
    expect(actions).toEqual(['rejected', 'rejected', 'rejected'])
    expect((await arrive(app, token, { destroyed: true, remoteAddress: '192.0.2.7' })).found).not.toBeNull()
    expect(store.calls).not.toContain('destroy')
  })

  test('looks at the connection before the store is asked, since the client may leave meanwhile', async () => {
    const store = new FaultyStore(memoryStore())
    const app = appOf({ store, bind: BIND })
    const token = await stored(store, {}, { address: '192.0.2.7' })
    const held = store.holdAnswer('load')
    const socket: { remoteAddress?: string } = { remoteAddress: '192.0.2.7' }
    const arrival = arrive(app, token, socket)
    await held.reached
    delete socket.remoteAddress
    held.open()
    expect((await arrival).found).not.toBeNull()
  })

  test('that finds the session ended meanwhile says that it was rejected, and not that it ended', async () => {
    const store = new FaultyStore(memoryStore())
    const app = appOf({ store, bind: BIND })
    const seen: string[] = []
    app.events.on('mismatch', ({ action }) => seen.push(action))
    app.events.on('rejected', ({ reason }) => seen.push(reason))
    app.events.on('ended', () => seen.push('ended'))
    const token = await stored(store, {}, { address: '192.0.2.7' })
    const held = store.holdCall('destroy')
    const arrival = arrive(app, token, { remoteAddress: '192.0.2.8' })
    await held.reached
    await store.destroy(token)
    held.open()
    expect((await arrival).found).toBeNull()
    expect(seen).toEqual(['rejected', 'mismatch'])
  })
})
