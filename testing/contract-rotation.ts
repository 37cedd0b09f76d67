// Theme: a new verifier for the same session, in one step.
import assert from 'node:assert/strict'
import { USER_INDEX } from '../lib/store.js'
import { assertNoneForAll, assertSameText, assertValues, mustLoad, mustRotate, newSession, range, save, unique } from './contract-kit.js'
import type { Contract } from './contract-suite.js'

export function rotation({ rule, ruleUnless }: Contract): void {
  rule('a rotation gives a new token for the same handle and keeps the values', async (store) => {
    const made = await newSession(store, { a: '1' })
    const rotated = await mustRotate(store, made.token)
    assert.equal(rotated.handle, made.handle)
    assert.notEqual(rotated.token, made.token)
    await assertValues(store, rotated.token, { a: '1' })
  })

  rule('a rotation applies its changes in the same step', async (store) => {
    const { token } = await newSession(store, { kept: '1', dropped: '2', both: '3' })
    const id = unique('id')
    const changes = { clear: { keep: ['kept', 'both'] }, unset: ['both'], set: { fresh: '4' }, terms: { id, persistent: false } }
    const rotated = await mustRotate(store, token, changes)
    const loaded = await mustLoad(store, rotated.token)
    assertSameText(loaded.values, { kept: '1', fresh: '4' })
    assert.deepEqual([loaded.facts.id, loaded.facts.persistent], [id, false])
    assert.deepEqual([rotated.facts.id, rotated.facts.persistent], [id, false])
  })

  rule('the session goes on under the new token', async (store) => {
    let { token } = await newSession(store)
    for (const n of range(4)) token = await save(store, (await mustRotate(store, token)).token, { set: { [`k${n}`]: String(n) } })
    await assertValues(store, token, { k0: '0', k1: '1', k2: '2', k3: '3' })
  })

  ruleUnless('revoke', 'T-7: the old token is dead at once for every call, and the session does not notice', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    const rotated = await mustRotate(store, token)
    await assertNoneForAll(store, token)
    await assertValues(store, rotated.token, { a: '1' })
  })

  ruleUnless('revoke', 'each older token stays dead after further rotations', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    const second = await mustRotate(store, token)
    const third = await mustRotate(store, second.token)
    await assertNoneForAll(store, token)
    await assertNoneForAll(store, second.token)
    await assertValues(store, third.token, { a: '1' })
  })

  ruleUnless('revoke', 'an old token that loads nothing is reused while the session lives, and null when it has ended', async (store) => {
    const { token } = await newSession(store)
    const rotated = await mustRotate(store, token)
    const found = await store.load(token, { slide: true })
    assert.ok(found === 'reused' || found === null)
    await store.destroy(rotated.token)
    assert.equal(await store.load(token, { slide: true }), null)
  })

  ruleUnless('revoke', 'of rotations at the same time exactly one wins', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    const results = await Promise.all(range(10).map(async (n) => await store.rotate(token, { set: { winner: String(n) } })))
    const winners = results.filter((result) => result !== null)
    assert.equal(winners.length, 1)
    await assertNoneForAll(store, token)
    const [winner] = winners
    assert.ok(winner !== undefined)
    await assertValues(store, winner.token, { a: '1', winner: String(results.indexOf(winner)) })
  })

  ruleUnless('revoke', 'F-11: writers under way during a rotation are before it or gone, never after it', async (store) => {
    for (const _round of range(5)) {
      const { token } = await newSession(store, { a: '1' })
      const early = range(10).map(async (n) => await store.update(token, { set: { [`e${n}`]: '1' } }))
      const turn = mustRotate(store, token, { clear: { keep: [] }, set: { fresh: '1' } })
      const late = range(10).map(async (n) => await store.update(token, { set: { [`l${n}`]: '1' } }))
      await Promise.all([...early, ...late])
      await assertValues(store, (await turn).token, { fresh: '1' })
    }
  })
}

/** Theme: who is signed in, as the times tell it. */
export function authentication({ rule }: Contract): void {
  rule('a rotation with a user is an authentication, at the time of the store', async (store) => {
    const { token } = await newSession(store)
    const rotated = await mustRotate(store, token, { indexes: { [USER_INDEX]: unique('user') } })
    const { facts } = await mustLoad(store, rotated.token)
    assert.equal(typeof facts.authenticatedAt, 'number')
    assert.deepEqual([facts.authenticatedAt, facts.seenAt], [facts.startedAt, facts.startedAt])
    assert.equal(rotated.facts.authenticatedAt, facts.authenticatedAt)
  })

  rule('a rotation that names no index keeps the user, and authenticates anew', async (store) => {
    const user = unique('user')
    const { token } = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
    const { facts } = await mustLoad(store, (await mustRotate(store, token)).token)
    assert.equal(facts.indexes[USER_INDEX], user)
    assert.equal(facts.authenticatedAt, facts.startedAt)
  })

  rule('a rotation without a user leaves nobody authenticated', async (store) => {
    const { token } = await newSession(store, {}, { indexes: { [USER_INDEX]: unique('user') } })
    const rotated = await mustRotate(store, token, { indexes: { [USER_INDEX]: null } })
    assert.equal((await mustLoad(store, rotated.token)).facts.authenticatedAt, null)
  })
}
