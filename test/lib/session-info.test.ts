import { describe, expect, test } from '@jest/globals'
import { expiresAt } from '../../lib/facts.js'
import { joinToken, newHandle, newVerifier } from '../../lib/token.js'
import { memoryStore } from '../../stores/memory.js'
import { appOf, clockAt, cookieOf, DAY, exchangeFor, HOUR } from './harness.js'

const START = Date.UTC(2026, 10, 21)

describe('the info of a session', () => {
  test('that was never stored has no times and no handle', async () => {
    const { session } = await exchangeFor(appOf())
    expect(session.info).toEqual({
      userId: null,
      handle: null,
      isNew: true,
      createdAt: null,
      startedAt: null,
      authenticatedAt: null,
      expiresAt: null,
      idleExpiresAt: null,
      absoluteExpiresAt: null,
      remembered: true,
      now: expect.any(Date),
      notice: null,
      lost: false,
      degraded: false,
    })
  })

  test('follows its life: creation, visit, sign-in, and the earlier of both clocks', async () => {
    const clock = clockAt(START)
    const app = appOf({ store: memoryStore({ clock }) })
    const first = await exchangeFor(app)
    first.session.set('a', 1)
    await first.session.save()
    const handle = first.session.info.handle
    expect(handle).toMatch(/^[\w-]{22}$/)
    expect(first.session.info).toMatchObject({
      isNew: true,
      createdAt: new Date(START),
      authenticatedAt: null,
      expiresAt: new Date(START + 14 * DAY),
    })

    clock.now = START + HOUR
    const second = await exchangeFor(app, cookieOf(app, first.state.stored?.token as string))
    expect(second.session.info).toMatchObject({
      handle,
      isNew: false,
      startedAt: new Date(START),
      expiresAt: new Date(START + HOUR + 14 * DAY),
    })
    await second.session.signIn('ann')
    await second.session.save()
    const signedIn = new Date(START + HOUR)
    expect(second.session.info).toMatchObject({
      handle,
      isNew: false,
      createdAt: new Date(START),
      startedAt: signedIn,
      authenticatedAt: signedIn,
    })

    for (let day = 10; day <= 20; day += 10) {
      clock.now = START + HOUR + day * DAY
      const visit = await exchangeFor(app, cookieOf(app, second.state.stored?.token as string))
      expect(visit.session.info.expiresAt).toEqual(new Date(Math.min(clock.now + 14 * DAY, START + HOUR + 30 * DAY)))
    }
  })

  test('of the session after a sign-out is that of a new one', async () => {
    const app = appOf()
    const exchange = await exchangeFor(app)
    await exchange.session.signIn('ann')
    await exchange.session.save()
    const next = await exchangeFor(app, cookieOf(app, exchange.state.stored?.token as string))
    await next.session.signOut()
    expect(next.session.info).toMatchObject({ handle: null, isNew: true, authenticatedAt: null, lost: false })
  })

  test('tells that a rightly signed cookie led to nothing, and of a forged one that it was nothing', async () => {
    const app = appOf()
    const unknown = joinToken(newHandle(), newVerifier())
    expect((await exchangeFor(app, cookieOf(app, unknown))).session.info).toMatchObject({ lost: true, isNew: true })
    expect((await exchangeFor(app, `sid=${unknown}`)).session.info.lost).toBe(false)
  })

  test('names the user as soon as the handler signs one in or out, however it does that', async () => {
    const clock = clockAt(START)
    const app = appOf({ store: memoryStore({ clock }) })
    const { session, state } = await exchangeFor(app)
    session.set('userId', 7)
    expect([session.info.userId, session.info.authenticatedAt !== null]).toEqual(['7', true])
    await session.save()
    expect(session.info).toMatchObject({ userId: '7', authenticatedAt: new Date(START) })

    const next = await exchangeFor(app, cookieOf(app, state.stored?.token as string))
    clock.now += HOUR
    next.session.set('user', { id: 8 })
    expect(next.session.info).toMatchObject({ userId: '7', authenticatedAt: new Date(START) })
    next.session.delete('userId')
    expect(next.session.info.userId).toBe('8')
    next.session.delete('user')
    expect(next.session.info).toMatchObject({ userId: null, authenticatedAt: null })
    await next.session.signIn(7)
    const { userId, authenticatedAt, now } = next.session.info
    expect([userId, authenticatedAt]).toEqual(['7', now])
  })

  test('names nobody once a call has found the session ended by others', async () => {
    const app = appOf()
    const { session, state } = await exchangeFor(app)
    await session.signIn(7)
    await session.save()
    await app.config.store.destroy(state.stored?.token as string)
    await expect(session.increment('n')).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
    expect(session.info).toMatchObject({ userId: null, authenticatedAt: null })
  })

  test('gives dates that change nothing when they are changed', async () => {
    const exchange = await exchangeFor(appOf())
    exchange.session.set('a', 1)
    await exchange.session.save()
    exchange.session.info.createdAt?.setTime(0)
    expect(exchange.session.info.createdAt?.getTime()).not.toBe(0)
  })
})

test('a session ends at the earlier of both clocks', () => {
  expect(expiresAt({ seenAt: 10, idleMs: 5, startedAt: 0, lifetimeMs: 100 })).toBe(15)
  expect(expiresAt({ seenAt: 98, idleMs: 5, startedAt: 0, lifetimeMs: 100 })).toBe(100)
  expect(expiresAt({ seenAt: 98, idleMs: 5, startedAt: 0, lifetimeMs: null })).toBe(103)
})
