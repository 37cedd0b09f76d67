// Theme: the idle clock slides, the absolute one does not; both are the store's.
import assert from 'node:assert/strict'
import { assertNone, assertValues, HOUR_MS, mustLoad, mustRotate, newSession, range, save, slide } from './contract-kit.js'
import type { Contract } from './contract-suite.js'

export function clocks(contract: Contract): void {
  idleClock(contract)
  absoluteClock(contract)
  stamps(contract)
}

function idleClock({ rule, time }: Contract): void {
  rule('T-8: a session that nobody loads ends after its idle span, not before', async (store) => {
    const used = await newSession(store, {}, { idleMs: time.spanMs })
    const unused = await newSession(store, {}, { idleMs: time.spanMs })
    await time.pass(time.earlyMs)
    await mustLoad(store, used.token)
    await time.pass(time.restMs)
    await assertNone(store, unused.token)
  })

  rule('a load that slides starts the idle span again', async (store) => {
    const { token } = await newSession(store, { a: '1' }, { idleMs: time.spanMs })
    await time.pass(time.earlyMs)
    const next = await slide(store, token)
    await time.pass(time.restMs)
    await assertValues(store, next, { a: '1' })
  })

  rule('a load that does not slide leaves the idle span alone', async (store) => {
    const { token } = await newSession(store, {}, { idleMs: time.spanMs })
    await time.pass(time.earlyMs)
    const { token: next } = await mustLoad(store, token, false)
    await time.pass(time.restMs)
    await assertNone(store, next)
  })

  rule('an update leaves the idle span alone', async (store) => {
    const { token } = await newSession(store, {}, { idleMs: time.spanMs })
    await time.pass(time.earlyMs)
    const next = await save(store, token, { set: { a: '1' } })
    await time.pass(time.restMs)
    await assertNone(store, next)
  })

  rule('a load after the end does not bring the session back, with a slide neither', async (store) => {
    const { token } = await newSession(store, {}, { idleMs: time.spanMs })
    await time.pass(time.lateMs)
    for (const slides of [true, false, true]) assert.equal(await store.load(token, { slide: slides }), null)
  })

  rule('each session has its own idle span', async (store) => {
    const short = await newSession(store, {}, { idleMs: time.spanMs })
    const long = await newSession(store, {}, { idleMs: HOUR_MS })
    await time.pass(time.lateMs)
    await assertNone(store, short.token)
    await mustLoad(store, long.token)
  })

  rule('an idle span that an update shortens counts at once, from the last slide', async (store) => {
    const { token } = await newSession(store)
    const next = await save(store, token, { terms: { idleMs: time.spanMs } })
    await time.pass(time.lateMs)
    await assertNone(store, next)
  })

  rule('an idle span that an update prolongs counts at once', async (store) => {
    const { token } = await newSession(store, {}, { idleMs: time.spanMs })
    const next = await save(store, token, { terms: { idleMs: HOUR_MS } })
    await time.pass(time.lateMs)
    await mustLoad(store, next)
  })
}

function absoluteClock({ rule, time }: Contract): void {
  rule('T-9: sliding never passes the absolute lifetime', async (store) => {
    const { token } = await newSession(store, {}, { lifetimeMs: time.spanMs })
    await time.pass(time.earlyMs)
    const next = await slide(store, token)
    await time.pass(time.restMs)
    await assertNone(store, next)
  })

  rule('an update never moves the absolute lifetime', async (store) => {
    const { token } = await newSession(store, {}, { lifetimeMs: time.spanMs })
    await time.pass(time.earlyMs)
    const next = await save(store, token, { set: { a: '1' }, terms: { persistent: false } })
    await time.pass(time.restMs)
    await assertNone(store, next)
  })

  rule('the earlier of both clocks ends the session', async (store) => {
    const idle = await newSession(store, {}, { idleMs: time.spanMs, lifetimeMs: HOUR_MS })
    const absolute = await newSession(store, {}, { idleMs: HOUR_MS, lifetimeMs: time.spanMs })
    await time.pass(time.lateMs)
    await assertNone(store, idle.token)
    await assertNone(store, absolute.token)
  })

  rule('without an absolute lifetime a session lasts as long as it is used', async (store) => {
    let { token } = await newSession(store, {}, { idleMs: time.spanMs, lifetimeMs: null })
    for (const _turn of range(4)) {
      await time.pass(time.earlyMs)
      token = await slide(store, token)
    }
    await time.pass(time.lateMs)
    await assertNone(store, token)
  })

  rule('T-56: a rotation starts both clocks again', async (store) => {
    const { token } = await newSession(store, { a: '1' }, { idleMs: time.spanMs, lifetimeMs: time.spanMs })
    await time.pass(time.earlyMs)
    const rotated = await mustRotate(store, token)
    await time.pass(time.restMs)
    await assertValues(store, rotated.token, { a: '1' })
    await time.pass(time.earlyMs)
    await assertNone(store, rotated.token)
  })
}

function stamps({ rule, time }: Contract): void {
  rule('now is the clock of the store, and moves', async (store) => {
    const { token } = await newSession(store)
    const before = await mustLoad(store, token)
    await time.pass(time.lateMs)
    const after = await mustLoad(store, before.token)
    assert.ok(after.now - before.now >= time.lateMs - time.toleranceMs, 'now did not move with the clock')
  })

  rule('seenAt is the last load that slid; no other call moves it', async (store) => {
    const { token, facts } = await newSession(store)
    await time.pass(time.lateMs)
    const unmoved = await mustLoad(store, await save(store, token, { set: { a: '1' } }))
    assert.equal(unmoved.facts.seenAt, facts.seenAt)
    const slid = await mustLoad(store, unmoved.token, true)
    const seen = (await mustLoad(store, slid.token)).facts.seenAt
    assert.ok(seen > facts.seenAt && Math.abs(slid.now - seen) <= time.spanMs, 'the slide was not stamped')
  })

  rule('createdAt never moves, startedAt with a rotation only', async (store) => {
    const { token, facts } = await newSession(store)
    await time.pass(time.lateMs)
    const used = await mustLoad(store, await save(store, await slide(store, token), { set: { a: '1' } }))
    assert.deepEqual([used.facts.createdAt, used.facts.startedAt], [facts.createdAt, facts.startedAt])
    const rotated = await mustRotate(store, used.token)
    const after = await mustLoad(store, rotated.token)
    assert.equal(after.facts.createdAt, facts.createdAt)
    assert.ok(after.facts.startedAt > facts.startedAt, 'the rotation was not stamped')
    assert.deepEqual([rotated.facts.createdAt, rotated.facts.startedAt], [after.facts.createdAt, after.facts.startedAt])
  })
}
