// Theme: keys and values as an enemy would choose them. They come back byte for byte and poison nothing.
import assert from 'node:assert/strict'
import { type SessionStore, USER_INDEX } from '../lib/store.js'
import { assertSameText, assertValues, mustLoad, mustRotate, needIndex, newSession, range, save, unique } from './contract-kit.js'
import { seededRandom } from './contract-model.js'
import type { Contract } from './contract-suite.js'

const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'then', 'toJSON']

const TEXTS: readonly string[] = [
  ...PROTOTYPE_NAMES,
  '',
  ' ',
  '.',
  'a.b.c',
  '$',
  '$set',
  '$1 $& $$',
  '*',
  '%00%s%d',
  '\\',
  '\\u0000',
  '"',
  "'",
  '`$' + '{x}`',
  '\r\nSET x y\r\n',
  '\n',
  '\t',
  '\u0000',
  'a\u0000b',
  '\u001b[31m\u007f',
  '\u2028\u2029\ufeff',
  "'; DROP TABLE sessions; --",
  '$$; select 1; $$',
  ']] redis.call("FLUSHALL") --[[',
  '{user}:{1}',
  'e\u0301\u00e9',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u{1f1e8}\u{1f1ed}',
  '\u4f60\u597d \u0645\u0631\u062d\u0628\u0627 \u{10ffff}',
  'k'.repeat(1024),
]

/** Texts that a store would harm if it parsed them and wrote them again. */
const OPAQUE: readonly string[] = [
  '{"list":[],"at":17000000001234567}',
  '{"b":1,"a":2,"b":3}',
  ' { "spaced" : 1.0 } ',
  '1e400',
  '-0',
  '"\\u00e9\\ud83e\\udd8a\\ud800"',
  '{"__proto__":{"admin":true}}',
  'null',
  'not JSON at all',
  '',
]

export function hostile({ rule, ruleUnless }: Contract): void {
  rule('T-77: hostile keys and values come back byte for byte', async (store) => {
    await leavingPrototypesAlone(async () => {
      for (const text of TEXTS) {
        const values = ownMap(text, text)
        const { token } = await newSession(store, values)
        await assertValues(store, token, values)
      }
    })
  })

  rule('hostile keys are expected, unset, kept and set like any other', async (store) => {
    await leavingPrototypesAlone(async () => {
      for (const text of TEXTS) await throughEveryChange(store, text)
    })
  })

  rule('names of Object.prototype are absent until they are set', async (store) => {
    const { token } = await newSession(store)
    const expect = Object.fromEntries(PROTOTYPE_NAMES.map((name) => [name, null]))
    const next = await save(store, token, { expect, clear: { keep: PROTOTYPE_NAMES }, unset: PROTOTYPE_NAMES })
    await assertValues(store, next, {})
  })

  rule('values are opaque text: nothing is parsed and written again', async (store) => {
    for (const text of OPAQUE) {
      const { token } = await newSession(store, { text })
      const next = await save(store, token, { set: { other: text } })
      await assertValues(store, (await mustRotate(store, next)).token, { text, other: text })
    }
  })

  rule('random keys and values come back byte for byte', async (store) => {
    const random = seededRandom(77)
    for (const _session of range(30)) {
      const values = Object.fromEntries(range(6).map(() => [randomText(random), randomText(random)]))
      const { token } = await newSession(store, values)
      await assertValues(store, token, values)
    }
  })

  rule('a value of 64 KiB comes back, or a store that has no room says so and keeps what it had', async (store) => {
    const large = '\u00e9'.repeat(32 * 1024)
    const { token } = await newSession(store, { a: '1' })
    const refusal = await refusalOf(async () => assertValues(store, await save(store, token, { set: { large } }), { a: '1', large }))
    if (refusal === null) return
    assert.equal(store.sealsToken, true, `only a cookie may be too small: ${String(refusal)}`)
    assert.equal(refusal.code, 'ERR_SESSION_TOO_LARGE')
    await assertValues(store, token, { a: '1' })
  })

  rule('hostile texts in the terms come back', async (store) => {
    for (const text of TEXTS) {
      for (const terms of [{ id: text }, { address: text }, { agent: text }, { certificate: text }]) {
        const { token } = await newSession(store, {}, terms)
        const { id, address, agent, certificate } = (await mustLoad(store, token)).facts
        assert.ok([id, address, agent, certificate].includes(text), `changed: ${JSON.stringify(text)}`)
      }
      const { token } = await newSession(store, {}, { indexes: ownMap(text, text) })
      assertSameText((await mustLoad(store, token)).facts.indexes, ownMap(text, text))
    }
  })

  ruleUnless('index', 'hostile index names and values are found, moved and ended like any other', async (store) => {
    await leavingPrototypesAlone(async () => {
      for (const text of TEXTS) {
        const value = unique(text)
        const { handle, token } = await newSession(store, {}, { indexes: { [USER_INDEX]: value, ...ownMap(text, value) } })
        assert.equal(await needIndex(store).count(text, value), 1)
        assert.equal(await needIndex(store).reassign(text, value, `${value}'`, text), 1)
        assert.equal((await mustLoad(store, token)).facts.indexes[text], `${value}'`)
        await assertValues(store, token, ownMap(text, text))
        assert.deepEqual(await needIndex(store).endBy(text, `${value}'`), [handle])
      }
    })
  })
}

async function throughEveryChange(store: SessionStore, key: string): Promise<void> {
  const { token } = await newSession(store, { plain: '1' })
  const added = await save(store, token, { expect: ownMap(key, null), set: ownMap(key, 'x') })
  assert.equal((await store.update(added, { expect: ownMap(key, 'y'), set: { plain: '2' } })).outcome, 'conflict')
  const kept = await save(store, added, { expect: ownMap(key, 'x'), clear: { keep: [key] } })
  await assertValues(store, kept, ownMap(key, 'x'))
  await assertValues(store, await save(store, kept, { unset: [key] }), {})
}

async function leavingPrototypesAlone(work: () => Promise<void>): Promise<void> {
  const before = Object.getOwnPropertyNames(Object.prototype)
  await work()
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before)
  assert.equal(Object.getPrototypeOf({}), Object.prototype)
}

async function refusalOf(work: () => Promise<void>): Promise<(Error & { code?: unknown }) | null> {
  try {
    await work()
    return null
  } catch (error) {
    assert.ok(error instanceof Error)
    return error
  }
}

/** An own property, whatever its name. */
function ownMap<T>(key: string, value: T): Record<string, T> {
  return Object.fromEntries([[key, value]])
}

function randomText(random: () => number): string {
  const points = range(Math.floor(random() * 12)).map(() => randomPoint(random))
  return String.fromCodePoint(...points)
}

/** Any code point but the surrogates: a lone one is not text, and UTF-8 has no form for it. */
function randomPoint(random: () => number): number {
  const point = Math.floor(random() * (random() < 0.5 ? 0x80 : 0x110000))
  return point >= 0xd800 && point <= 0xdfff ? 0x20 : point
}
