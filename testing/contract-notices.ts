// Theme: a session that is told when it is going to be ended.
import assert from 'node:assert/strict'
import { USER_INDEX } from '../lib/store.js'
import { assertNone, assertValues, HOUR_MS, mustLoad, mustRotate, newSession, save, slide, unique } from './contract-kit.js'
import type { Contract } from './contract-suite.js'

const MESSAGE = 'Wartung um 12:00 – «bitte speichern»\n\u{1f600} 0 - '

export function notices(contract: Contract): void {
  telling(contract)
  keeping(contract)
}

function telling({ ruleWith, time }: Contract): void {
  ruleWith('endIn', 'endIn tells the session when it ends, and why, in any text of 500 characters', async (store, index) => {
    const { handle, token, facts } = await newSession(store, { a: '1' }, { indexes: { [USER_INDEX]: unique('user') } })
    for (const message of [MESSAGE, '', ' ', '\u{1f600}'.repeat(250), 'x'.repeat(500)]) {
      const endsAt = await index.endIn(handle, HOUR_MS / 2, message)
      const loaded = await mustLoad(store, token)
      assert.deepEqual(loaded.facts.notice, { message, endsAt })
      assert.ok(Math.abs((endsAt ?? 0) - facts.startedAt - HOUR_MS / 2) <= time.toleranceMs * 10)
      const entry = await index.find(handle)
      assert.deepEqual([entry?.facts.notice, entry?.facts.lifetimeMs], [{ message, endsAt }, loaded.facts.lifetimeMs])
    }
    await assertValues(store, token, { a: '1' })
  })

  ruleWith('endIn', 'then it ends at that time, however often it is used', async (store, index) => {
    const { handle, token } = await newSession(store, {}, { lifetimeMs: null })
    await index.endIn(handle, time.spanMs, MESSAGE)
    await time.pass(time.earlyMs)
    const next = await save(store, await slide(store, token), { set: { a: '1' } })
    assert.equal((await mustLoad(store, next, true)).facts.notice?.message, MESSAGE)
    await time.pass(time.restMs)
    await assertNone(store, next)
    assert.equal(await index.find(handle), null)
  })

  ruleWith('endIn', 'endIn never lets a session live longer, and does not harm the idle clock', async (store, index) => {
    const short = await newSession(store, {}, { lifetimeMs: time.spanMs })
    const idle = await newSession(store, {}, { idleMs: time.spanMs })
    assert.equal(await index.endIn(short.handle, HOUR_MS, MESSAGE), short.facts.startedAt + time.spanMs)
    await index.endIn(idle.handle, HOUR_MS, MESSAGE)
    const entry = await index.find(idle.handle)
    assert.equal(entry?.expiresAt, idle.facts.seenAt + time.spanMs)
    await time.pass(time.lateMs)
    for (const { token } of [short, idle]) await assertNone(store, token)
  })

  ruleWith('endIn', 'a second notice may bring the end nearer and never puts it off', async (store, index) => {
    const { handle, token } = await newSession(store)
    const first = await index.endIn(handle, HOUR_MS / 2, 'first')
    assert.equal(await index.endIn(handle, HOUR_MS * 2, 'second'), first)
    assert.deepEqual((await mustLoad(store, token)).facts.notice, { message: 'second', endsAt: first })
    const nearer = await index.endIn(handle, HOUR_MS / 4, 'third')
    assert.ok(nearer !== null && first !== null && nearer < first)
  })

  ruleWith('endIn', 'no notice reaches a session that is not there', async (store, index) => {
    const { handle, token } = await newSession(store)
    await store.destroy(token)
    for (const each of [handle, '', '*', '__proto__', unique('handle')]) assert.equal(await index.endIn(each, HOUR_MS, MESSAGE), null)
  })

  ruleWith('endIn', 'at once means that it is over', async (store, index) => {
    const { handle, token } = await newSession(store)
    await index.endIn(handle, 0, MESSAGE)
    await assertNone(store, token)
    assert.equal(await index.find(handle), null)
  })
}

function keeping({ ruleWith, time }: Contract): void {
  ruleWith('endIn', 'a rotation takes the notice back and gives the lifetime that the terms named', async (store, index) => {
    for (const lifetimeMs of [24 * HOUR_MS, null]) {
      const { handle, token } = await newSession(store, {}, { lifetimeMs })
      await index.endIn(handle, HOUR_MS / 2, 'first')
      await index.endIn(handle, HOUR_MS / 4, 'second')
      const rotated = await mustRotate(store, token, { set: { a: '1' } })
      assert.deepEqual([rotated.facts.notice, rotated.facts.lifetimeMs], [undefined, lifetimeMs])
      const loaded = await mustLoad(store, rotated.token)
      assert.deepEqual([loaded.facts.notice, loaded.facts.lifetimeMs], [undefined, lifetimeMs])
      await index.endIn(handle, HOUR_MS / 2, 'third')
      const again = await mustRotate(store, rotated.token, { terms: { lifetimeMs: HOUR_MS } })
      assert.equal(again.facts.lifetimeMs, HOUR_MS)
    }
  })

  ruleWith('endIn', 'an update keeps the notice, and its end, also one that sets another lifetime', async (store, index) => {
    const { handle, token } = await newSession(store, { a: '1' })
    const endsAt = await index.endIn(handle, time.spanMs, MESSAGE)
    const next = await save(store, token, { clear: { keep: [] }, indexes: { [USER_INDEX]: unique('user') } })
    const last = await save(store, next, { terms: { lifetimeMs: 2 * HOUR_MS, idleMs: 2 * HOUR_MS } })
    const { facts } = await mustLoad(store, last)
    assert.deepEqual(facts.notice, { message: MESSAGE, endsAt })
    assert.equal(facts.startedAt + (facts.lifetimeMs ?? 0), endsAt)
    const rotated = await mustRotate(store, last)
    assert.equal(rotated.facts.lifetimeMs, 2 * HOUR_MS)
  })
}
