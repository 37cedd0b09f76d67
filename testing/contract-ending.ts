// Theme: what has ended stays ended. Saving never creates.
import assert from 'node:assert/strict'
import { assertNoneForAll, assertValues, mustLoad, newSession, range, save } from './contract-kit.js'
import type { Contract } from './contract-suite.js'

export function ending({ rule, ruleUnless, time }: Contract): void {
  ruleUnless('revoke', 'a destroyed session is gone for every call, and none of them revives it', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    await store.destroy(token)
    await assertNoneForAll(store, token)
    assert.equal(await store.load(token, { slide: false }), null)
  })

  rule('an expired session is gone for every call, and none of them revives it', async (store) => {
    const { token } = await newSession(store, { a: '1' }, { idleMs: time.spanMs })
    await time.pass(time.lateMs)
    await assertNoneForAll(store, token)
    assert.equal(await store.load(token, { slide: false }), null)
  })

  rule('an expired session is gone for a writer that comes first, before any load', async (store) => {
    const written = await newSession(store, {}, { idleMs: time.spanMs })
    const rotated = await newSession(store, {}, { lifetimeMs: time.spanMs })
    const destroyed = await newSession(store, {}, { idleMs: time.spanMs })
    await time.pass(time.lateMs)
    assert.equal((await store.update(written.token, { set: { a: '1' }, terms: { idleMs: 1_000_000_000 } })).outcome, 'gone')
    assert.equal(await store.rotate(rotated.token, { terms: { lifetimeMs: null } }), null)
    assert.equal(await store.destroy(destroyed.token), false)
    for (const { token } of [written, rotated, destroyed]) assert.equal(await store.load(token, { slide: true }), null)
  })

  ruleUnless('revoke', 'F-8: a writer that loaded before the end comes too late', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    const writer = await mustLoad(store, token, true)
    await store.destroy(token)
    assert.equal((await store.update(writer.token, { set: { a: '2' } })).outcome, 'gone')
    assert.equal((await store.update(writer.token, { clear: { keep: [] }, set: { b: '1' } })).outcome, 'gone')
    assert.equal((await store.update(writer.token, {})).outcome, 'gone')
    assert.equal(await store.load(token, { slide: false }), null)
  })

  ruleUnless('revoke', 'gone comes before conflict: an ended session has nothing to expect', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    await store.destroy(token)
    assert.equal((await store.update(token, { expect: { a: null }, set: { a: '2' } })).outcome, 'gone')
    assert.equal(await store.load(token, { slide: false }), null)
  })

  ruleUnless('revoke', 'T-10: writers and readers under way when the session ends do not revive it', async (store) => {
    for (const _round of range(10)) {
      const { token } = await newSession(store, { a: '1' })
      const writers = range(10).map(async (n) => await store.update(token, { set: { [`k${n}`]: '1' } }))
      const readers = range(10).map(async () => await store.load(token, { slide: true }))
      const end = (async () => await store.destroy(token))()
      const more = range(10).map(async (n) => await store.update(token, { clear: { keep: [] }, set: { [`m${n}`]: '1' } }))
      await Promise.all([...writers, ...readers, end, ...more])
      assert.equal(await store.load(token, { slide: false }), null)
    }
  })

  ruleUnless('revoke', 'an end and a rotation at the same time: exactly one of them finds the session', async (store) => {
    for (const _round of range(10)) {
      const { token } = await newSession(store, { a: '1' })
      const [rotated, ended] = await Promise.all([store.rotate(token, {}), store.destroy(token)])
      assert.equal(rotated === null, ended)
      await assertNoneForAll(store, token)
      if (rotated !== null) await assertValues(store, rotated.token, { a: '1' })
    }
  })

  ruleUnless(
    'revoke',
    'an ended session takes nothing along: a later one of the same user is not touched by its writers',
    async (store) => {
      const terms = { indexes: { userId: 'same' } }
      const old = await newSession(store, { a: '1' }, terms)
      await store.destroy(old.token)
      const fresh = await newSession(store, { a: '2' }, terms)
      await assertNoneForAll(store, old.token)
      await assertValues(store, await save(store, fresh.token, {}), { a: '2' })
    },
  )
}
