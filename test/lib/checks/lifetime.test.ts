import { expect, test } from '@jest/globals'
import { isWithinLifetime } from '../../../lib/checks/lifetime.js'
import type { LoadedSession, SessionFacts } from '../../../lib/store.js'

function at(now: number, facts: Partial<SessionFacts>): boolean {
  return isWithinLifetime({ now, facts: { seenAt: 100, idleMs: 50, startedAt: 0, lifetimeMs: 200, ...facts } } as LoadedSession)
}

test('a session lives up to the end of its idle span and not at it (T-8)', () => {
  expect([at(149, {}), at(150, {}), at(151, {})]).toEqual([true, false, false])
})

test('a session lives up to its absolute end and not at it, however lately it was used (T-9)', () => {
  expect([at(199, { seenAt: 190 }), at(200, { seenAt: 190 })]).toEqual([true, false])
})

test('a session without an absolute end has the idle one', () => {
  expect([at(10_000, { seenAt: 9_999, lifetimeMs: null }), at(10_000, { seenAt: 1, lifetimeMs: null })]).toEqual([true, false])
})
