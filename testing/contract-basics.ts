// Theme: creating, loading, ending.
import assert from 'node:assert/strict'
import { type SessionTerms, USER_INDEX } from '../lib/store.js'
import {
  assertNone,
  assertSameText,
  assertValues,
  mustLoad,
  mustRotate,
  newSession,
  newSessions,
  range,
  save,
  someTerms,
  unique,
} from './contract-kit.js'
import type { Contract } from './contract-suite.js'

export function basics({ rule, ruleUnless }: Contract): void {
  rule('a session loads with the values it was created with', async (store) => {
    const { token } = await newSession(store, { cart: '["book"]', counter: '1' })
    await assertValues(store, token, { cart: '["book"]', counter: '1' })
  })

  rule('a session without values loads as an empty map', async (store) => {
    const { token } = await newSession(store)
    await assertValues(store, token, {})
  })

  rule('loaded values inherit nothing, so that no key is special', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    const { values } = await mustLoad(store, token)
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) assert.equal(values[key], undefined)
  })

  rule('a load names the handle and the token to hold', async (store) => {
    const made = await newSession(store)
    const loaded = await mustLoad(store, made.token)
    assert.equal(loaded.handle, made.handle)
    if (store.sealsToken !== true) assert.equal(loaded.token, made.token)
    await mustLoad(store, loaded.token)
  })

  rule('creating never overwrites: sessions made at the same time are all there', async (store) => {
    const made = await Promise.all(range(40).map((n) => newSession(store, { n: String(n) })))
    assert.equal(new Set(made.map(({ handle }) => handle)).size, 40)
    assert.equal(new Set(made.map(({ token }) => token)).size, 40)
    for (const [n, { token }] of made.entries()) await assertValues(store, token, { n: String(n) })
  })

  rule('creating never overwrites: an older session keeps its values', async (store) => {
    const [first, second] = await newSessions(store, 2, {})
    assert.ok(first !== undefined && second !== undefined)
    await assertValues(store, first.token, { n: '0' })
    await assertValues(store, second.token, { n: '1' })
  })

  rule('a snapshot does not change when its session does', async (store) => {
    const { token } = await newSession(store, { a: '1', b: '2' })
    const before = await mustLoad(store, token)
    await save(store, before.token, { set: { a: '9' }, unset: ['b'], terms: { idleMs: 1_000_000 } })
    assertSameText(before.values, { a: '1', b: '2' })
    assert.notEqual(before.facts.idleMs, 1_000_000)
  })

  rule('what the caller does to its own objects afterwards changes nothing', async (store) => {
    const values: Record<string, string> = { a: '1' }
    const indexes: Record<string, string> = { workerId: unique('worker') }
    const expected = { ...indexes }
    const { token } = await newSession(store, values, { indexes })
    values.a = '2'
    indexes.workerId = 'elsewhere'
    const loaded = await mustLoad(store, token)
    assertSameText(loaded.values, { a: '1' })
    assertSameText(loaded.facts.indexes, expected)
  })

  ruleUnless('revoke', 'destroy ends the session, says whether it was there, and may be called again', async (store) => {
    const { token } = await newSession(store)
    assert.equal(await store.destroy(token), true)
    assert.equal(await store.load(token, { slide: false }), null)
    assert.equal(await store.destroy(token), false)
  })

  ruleUnless('revoke', 'of several destroys at the same time one finds the session', async (store) => {
    const { token } = await newSession(store)
    const found = await Promise.all(range(8).map(async () => await store.destroy(token)))
    assert.equal(found.filter(Boolean).length, 1)
  })

  rule('ending one session leaves the others alone', async (store) => {
    const one = await newSession(store, { a: '1' })
    const other = await newSession(store, { a: '2' })
    await store.destroy(one.token)
    await assertValues(store, other.token, { a: '2' })
  })

  ruleUnless('revoke', 'an ended session does not come back with the next one that is created', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    await store.destroy(token)
    await newSession(store, { a: '1' })
    await assertNone(store, token)
  })
}

/** Theme: what is said about a session beside its data. */
export function facts({ rule, time }: Contract): void {
  rule('the terms come back as they were given', async (store) => {
    const terms = someTerms({ persistent: false, lifetimeMs: null, indexes: { [USER_INDEX]: unique('user'), workerId: unique('worker') } })
    const { token } = await store.create({ values: {}, terms })
    const { facts } = await mustLoad(store, token)
    assert.equal(facts.id, terms.id)
    assert.equal(facts.idleMs, terms.idleMs)
    assert.equal(facts.lifetimeMs, null)
    assert.equal(facts.persistent, false)
    assertSameText(facts.indexes, terms.indexes)
  })

  rule('address and agent come back, and stay absent if they were', async (store) => {
    const known = await newSession(store, {}, { address: '2001:db8::7', agent: 'Mozilla/5.0 (\u{1f98a}; "x")' })
    const { facts } = await mustLoad(store, known.token)
    assert.deepEqual([facts.address, facts.agent], ['2001:db8::7', 'Mozilla/5.0 (\u{1f98a}; "x")'])
    const unknown = await mustLoad(store, (await newSession(store)).token)
    assert.equal('address' in unknown.facts || 'agent' in unknown.facts, false)
  })

  rule('the certificate that a session is bound to comes back, alone and beside the others, and stays absent if it was', async (store) => {
    const others: readonly Partial<SessionTerms>[] = [
      {},
      { address: '192.0.2.7' },
      { agent: 'curl' },
      { address: '192.0.2.7', agent: 'curl' },
    ]
    for (const other of others) {
      const { facts } = await mustLoad(store, (await newSession(store, { a: '1' }, { ...other, certificate: 'AB:CD' })).token)
      assert.deepEqual([facts.address, facts.agent, facts.certificate], [other.address, other.agent, 'AB:CD'])
    }
    assert.equal('certificate' in (await mustLoad(store, (await newSession(store)).token)).facts, false)
  })

  rule('a rotation replaces address, agent and certificate, also by nothing; an update leaves them', async (store) => {
    const { token } = await newSession(store, {}, { address: '192.0.2.7', agent: 'curl', certificate: 'AB:CD' })
    const saved = await save(store, token, { set: { a: '1' } })
    assert.equal((await mustLoad(store, saved)).facts.certificate, 'AB:CD')
    const rotated = await mustRotate(store, saved, { terms: { address: '2001:db8::7', agent: '', certificate: '' } })
    const { address, agent, certificate } = (await mustLoad(store, rotated.token)).facts
    assert.deepEqual([address, agent, certificate], ['2001:db8::7', '', ''])
  })

  rule('the store stamps a new session by its own clock, whatever times come along with the terms', async (store) => {
    const foreign = { createdAt: 1, startedAt: 2, authenticatedAt: 3, seenAt: 4 }
    const { token, facts } = await store.create({ values: {}, terms: { ...someTerms(), ...foreign } })
    const loaded = await mustLoad(store, token)
    assert.ok(Math.abs(loaded.now - facts.createdAt) <= time.toleranceMs + 1000, 'createdAt is not the time of the store')
    assert.equal(facts.startedAt, facts.createdAt)
    assert.equal(facts.seenAt, facts.createdAt)
    assert.equal(facts.authenticatedAt, null)
    assert.deepEqual([loaded.facts.createdAt, loaded.facts.startedAt], [facts.createdAt, facts.startedAt])
  })

  rule('a session created for a user is authenticated from then on, one without a user is not', async (store) => {
    const user = await newSession(store, {}, { indexes: { [USER_INDEX]: unique('user') } })
    const nobody = await newSession(store, {}, { indexes: { workerId: unique('worker') } })
    assert.equal((await mustLoad(store, user.token)).facts.authenticatedAt, user.facts.createdAt)
    assert.equal((await mustLoad(store, nobody.token)).facts.authenticatedAt, null)
  })

  rule('an update changes the terms that it names and no others', async (store) => {
    const { token, facts } = await newSession(store, { a: '1' }, { indexes: { workerId: unique('worker') }, address: '192.0.2.1' })
    const next = await save(store, token, { terms: { idleMs: 7_200_000, persistent: false } })
    const loaded = await mustLoad(store, next)
    assert.equal(loaded.facts.idleMs, 7_200_000)
    assert.equal(loaded.facts.persistent, false)
    assert.deepEqual([loaded.facts.id, loaded.facts.address, loaded.facts.lifetimeMs], [facts.id, '192.0.2.1', facts.lifetimeMs])
    assertSameText(loaded.facts.indexes, facts.indexes)
    assertSameText(loaded.values, { a: '1' })
  })

  rule('an update changes the indexes that it names and no others; clear does not touch them', async (store) => {
    const [user, room] = [unique('user'), unique('room')]
    const { token } = await newSession(store, { a: '1' }, { indexes: { [USER_INDEX]: user, workerId: unique('worker') } })
    const next = await save(store, token, { clear: { keep: [] }, indexes: { workerId: null, room, never: null } })
    const loaded = await mustLoad(store, next)
    assertSameText(loaded.facts.indexes, { [USER_INDEX]: user, room })
    assertSameText(loaded.values, {})
  })

  rule('an update cannot move the times or the indexes by what comes along with its terms', async (store) => {
    const { token, facts } = await newSession(store, {}, { indexes: { workerId: unique('worker') } })
    const foreign = { createdAt: 1, startedAt: 2, authenticatedAt: 3, seenAt: 4 }
    const next = await save(store, token, { terms: { ...someTerms(), ...foreign } })
    const loaded = await mustLoad(store, next)
    assert.deepEqual([loaded.facts.createdAt, loaded.facts.startedAt], [facts.createdAt, facts.startedAt])
    assert.deepEqual([loaded.facts.authenticatedAt, loaded.facts.seenAt], [null, facts.seenAt])
    assertSameText(loaded.facts.indexes, facts.indexes)
  })
}
