// Theme: writers that overlap. Nothing here waits: the calls are simply all under way at once.
import assert from 'node:assert/strict'
import type { SessionStore } from '../lib/store.js'
import { assertValues, mustLoad, newSession, range, save } from './contract-kit.js'
import type { Contract } from './contract-suite.js'

const WRITERS = 60
const COUNTERS = 12

export function merge({ ruleUnless }: Contract): void {
  ruleUnless('merge', `${WRITERS} updates of different keys at the same time all survive`, async (store) => {
    const { token } = await newSession(store, { first: '0' })
    await Promise.all(range(WRITERS).map((n) => save(store, token, { set: { [`k${n}`]: String(n) } })))
    await assertValues(store, token, { first: '0', ...numbered(WRITERS) })
  })

  ruleUnless('merge', 'keys set and keys unset at the same time do not disturb each other', async (store) => {
    const { token } = await newSession(store, numbered(20))
    const sets = range(20).map((n) => save(store, token, { set: { [`new${n}`]: '1' } }))
    const unsets = range(20).map((n) => save(store, token, { unset: [`k${n}`] }))
    await Promise.all([...sets, ...unsets])
    await assertValues(store, token, Object.fromEntries(range(20).map((n) => [`new${n}`, '1'])))
  })

  ruleUnless('merge', 'of two updates of the same key the later one wins whole', async (store) => {
    const { token } = await newSession(store)
    await Promise.all(range(20).map((n) => save(store, token, { set: { left: String(n), right: String(n) } })))
    const { values } = await mustLoad(store, token)
    assert.equal(values.left, values.right)
  })

  ruleUnless('merge', 'clear drops keys that its writer never saw', async (store) => {
    const { token } = await newSession(store, { kept: '1', seen: '2' })
    const writer = await mustLoad(store, token)
    await save(store, token, { set: { unseen: '3', kept: '4' } })
    await save(store, writer.token, { clear: { keep: ['kept'] }, set: { fresh: '5' } })
    await assertValues(store, token, { kept: '4', fresh: '5' })
  })

  ruleUnless('merge', 'loads that slide lose no update', async (store) => {
    const { token } = await newSession(store)
    const loads = range(30).map(() => mustLoad(store, token, true))
    const updates = range(30).map((n) => save(store, token, { set: { [`k${n}`]: String(n) } }))
    await Promise.all([...loads, ...updates])
    await assertValues(store, token, numbered(30))
  })

  ruleUnless('expect', 'a counter kept by expect loses nothing when all write at once', async (store) => {
    const { token } = await newSession(store, { counter: '0', left: '"alone"' })
    await Promise.all(range(COUNTERS).map(() => countUp(store, token)))
    await assertValues(store, token, { counter: String(COUNTERS), left: '"alone"' })
  })

  ruleUnless('expect', 'of several that expect a key to be absent one may set it', async (store) => {
    const { token } = await newSession(store)
    const outcomes = await Promise.all(
      range(10).map(async (n) => (await store.update(token, { expect: { owner: null }, set: { owner: String(n) } })).outcome),
    )
    assert.deepEqual([...outcomes].sort(), [...range(9).map(() => 'conflict'), 'saved'])
    await assertValues(store, token, { owner: String(outcomes.indexOf('saved')) })
  })
}

async function countUp(store: SessionStore, token: string): Promise<void> {
  for (const _attempt of range(10 * COUNTERS)) {
    const read = (await mustLoad(store, token)).values.counter ?? null
    const { outcome } = await store.update(token, { expect: { counter: read }, set: { counter: String(Number(read) + 1) } })
    if (outcome === 'saved') return
    assert.equal(outcome, 'conflict')
  }
  assert.fail('a writer never got its turn: at each round somebody must succeed')
}

function numbered(count: number): Record<string, string> {
  return Object.fromEntries(range(count).map((n) => [`k${n}`, String(n)]))
}
