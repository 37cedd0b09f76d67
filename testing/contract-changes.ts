// Theme: what an update does to the values, in which order, and when it refuses.
import assert from 'node:assert/strict'
import type { SessionChanges } from '../lib/store.js'
import { assertValues, newSession, range, save } from './contract-kit.js'
import { applyToModel, nextChanges, seededRandom } from './contract-model.js'
import type { Contract } from './contract-suite.js'

export function changes({ rule }: Contract): void {
  rule('an update sets the keys that it names and leaves the others', async (store) => {
    const { token } = await newSession(store, { a: '1', b: '2' })
    const next = await save(store, token, { set: { b: '3', c: '4' } })
    await assertValues(store, next, { a: '1', b: '3', c: '4' })
  })

  rule('updates one after the other add up', async (store) => {
    let { token } = await newSession(store)
    for (const n of range(5)) token = await save(store, token, { set: { [`k${n}`]: String(n) } })
    await assertValues(store, token, { k0: '0', k1: '1', k2: '2', k3: '3', k4: '4' })
  })

  rule('unset drops keys; one that is not there harms nothing', async (store) => {
    const { token } = await newSession(store, { a: '1', b: '2' })
    const next = await save(store, token, { unset: ['a', 'never'] })
    await assertValues(store, next, { b: '2' })
  })

  rule('T-71: keys that were all unset stay away', async (store) => {
    const { token } = await newSession(store, { a: '1', b: '2' })
    const next = await save(store, token, { unset: ['a', 'b'] })
    await assertValues(store, next, {})
  })

  rule('an update without changes is saved and changes nothing', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    const next = await save(store, token, {})
    await assertValues(store, next, { a: '1' })
  })

  rule('clear drops every key but those to keep, which need not be there', async (store) => {
    const { token } = await newSession(store, { a: '1', b: '2', c: '3' })
    const next = await save(store, token, { clear: { keep: ['b', 'never'] } })
    await assertValues(store, next, { b: '2' })
    await assertValues(store, await save(store, next, { clear: { keep: [] } }), {})
  })

  rule('clear comes before unset and unset before set', async (store) => {
    const { token } = await newSession(store, { kept: '1', both: '2', other: '3' })
    const next = await save(store, token, { set: { both: '9', fresh: '8' }, unset: ['both', 'kept'], clear: { keep: ['kept', 'both'] } })
    await assertValues(store, next, { both: '9', fresh: '8' })
  })

  rule('expect is judged before clear, unset and set', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    const next = await save(store, token, { expect: { a: '1', b: null }, clear: { keep: [] }, unset: ['a'], set: { a: '2', b: '3' } })
    await assertValues(store, next, { a: '2', b: '3' })
  })

  for (const { title, expect } of CONFLICTS) {
    rule(`expect: ${title} is a conflict, and nothing is applied`, async (store) => {
      const { token } = await newSession(store, { a: '1' })
      const everything: SessionChanges = { expect, clear: { keep: [] }, unset: ['a'], set: { b: '2' }, terms: { persistent: false } }
      assert.equal((await store.update(token, everything)).outcome, 'conflict')
      await assertValues(store, token, { a: '1' })
    })
  }

  rule('expect compares the text byte for byte', async (store) => {
    const { token } = await newSession(store, { a: '{"n":1.0}' })
    assert.equal((await store.update(token, { expect: { a: '{"n":1}' }, set: { b: '2' } })).outcome, 'conflict')
    await save(store, token, { expect: { a: '{"n":1.0}' }, set: { b: '2' } })
  })

  rule('a long run of mixed changes ends where a plain map ends', async (store) => {
    const random = seededRandom(20261121)
    let model = new Map([['a', '"start"']])
    let { token } = await newSession(store, Object.fromEntries(model))
    for (const step of range(80)) {
      const next = nextChanges(random, model, step)
      const result = await store.update(token, next)
      const expected = applyToModel(model, next)
      assert.equal(result.outcome, expected === null ? 'conflict' : 'saved', `step ${step}: ${JSON.stringify(next)}`)
      if (result.outcome === 'saved') token = result.token
      model = expected ?? model
      await assertValues(store, token, Object.fromEntries(model))
    }
  })
}

const CONFLICTS: readonly { readonly title: string; readonly expect: Readonly<Record<string, string | null>> }[] = [
  { title: 'another text', expect: { a: '2' } },
  { title: 'a key that should be absent', expect: { a: null } },
  { title: 'a key that should be there', expect: { b: '1' } },
  { title: 'one of several', expect: { a: '1', b: null, c: '1' } },
  { title: 'a name of Object.prototype that should be there', expect: { toString: '1' } },
]
