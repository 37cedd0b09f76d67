// Theme: finding sessions by handle and by index, without ghosts and without secrets.
import assert from 'node:assert/strict'
import { type SessionIndex, USER_INDEX } from '../lib/store.js'
import { parseToken } from '../lib/token.js'
import {
  assertNone,
  HOUR_MS,
  mustLoad,
  mustRotate,
  needIndex,
  newSession,
  newSessions,
  range,
  save,
  slide,
  unique,
} from './contract-kit.js'
import type { Contract } from './contract-suite.js'

export function index(contract: Contract): void {
  finding(contract)
  following(contract)
  secrets(contract)
}

function finding({ ruleUnless, time }: Contract): void {
  ruleUnless('index', 'a session is found by its handle', async (store) => {
    const { handle, token } = await newSession(store, {}, { indexes: { [USER_INDEX]: unique('user') }, agent: 'curl' })
    const entry = await needIndex(store).find(handle)
    const { facts } = await mustLoad(store, token)
    assert.equal(entry?.handle, handle)
    assert.deepEqual([entry?.facts.id, entry?.facts.createdAt, entry?.facts.agent], [facts.id, facts.createdAt, 'curl'])
    assert.equal(entry?.facts.indexes[USER_INDEX], facts.indexes[USER_INDEX])
  })

  ruleUnless('index', 'a handle that is unknown or no handle at all finds and ends nothing', async (store) => {
    for (const handle of ['', ' ', '__proto__', 'constructor', '*', '%', '\u0000', '\r\n', 'x'.repeat(100_000), unique('handle')]) {
      assert.equal(await needIndex(store).find(handle), null)
      assert.equal(await needIndex(store).end(handle), false)
    }
  })

  ruleUnless('index', 'the sessions of a value are listed and counted, and no others', async (store) => {
    const [user, other] = [unique('user'), unique('user')]
    const made = await newSessions(store, 3, { indexes: { [USER_INDEX]: user } })
    await newSessions(store, 2, { indexes: { [USER_INDEX]: other } })
    await newSession(store, {}, { indexes: { workerId: user } })
    assert.deepEqual(await handlesOf(needIndex(store), USER_INDEX, user), made.map(({ handle }) => handle).sort())
    assert.equal(await needIndex(store).count(USER_INDEX, user), 3)
    assert.equal(await needIndex(store).count('workerId', user), 1)
    assert.equal(await needIndex(store).count(USER_INDEX, unique('user')), 0)
    assert.deepEqual(await needIndex(store).list(USER_INDEX, unique('user')), [])
  })

  ruleUnless('index', 'the end in a list is the earlier of both clocks', async (store) => {
    const user = unique('user')
    const idle = await newSession(store, {}, { idleMs: HOUR_MS, indexes: { [USER_INDEX]: user } })
    const absolute = await newSession(store, {}, { idleMs: HOUR_MS, lifetimeMs: HOUR_MS / 2, indexes: { [USER_INDEX]: user } })
    const ends = new Map((await needIndex(store).list(USER_INDEX, user)).map(({ handle, expiresAt }) => [handle, expiresAt]))
    assert.ok(Math.abs((ends.get(idle.handle) ?? 0) - idle.facts.seenAt - HOUR_MS) <= time.toleranceMs)
    assert.ok(Math.abs((ends.get(absolute.handle) ?? 0) - absolute.facts.startedAt - HOUR_MS / 2) <= time.toleranceMs)
  })
}

function following({ ruleUnless, time }: Contract): void {
  ruleUnless('index', 'an update moves the session from the old value to the new, and out of an index with null', async (store) => {
    const [from, to] = [unique('worker'), unique('worker')]
    const { handle, token } = await newSession(store, {}, { indexes: { workerId: from } })
    const next = await save(store, token, { indexes: { workerId: to } })
    assert.deepEqual(await handlesOf(needIndex(store), 'workerId', from), [])
    assert.deepEqual(await handlesOf(needIndex(store), 'workerId', to), [handle])
    await save(store, next, { indexes: { workerId: null } })
    assert.equal(await needIndex(store).count('workerId', to), 0)
  })

  ruleUnless('index', 'a rotation moves the session too, under the same handle', async (store) => {
    const [worker, user] = [unique('worker'), unique('user')]
    const { handle, token } = await newSession(store, {}, { indexes: { workerId: worker } })
    const rotated = await mustRotate(store, token, { indexes: { [USER_INDEX]: user, workerId: null } })
    assert.equal(await needIndex(store).count('workerId', worker), 0)
    assert.deepEqual(await handlesOf(needIndex(store), USER_INDEX, user), [handle])
    await mustRotate(store, rotated.token, { clear: { keep: [] } })
    assert.deepEqual(await handlesOf(needIndex(store), USER_INDEX, user), [handle])
  })

  ruleUnless('index', 'updates of different indexes at the same time all survive', async (store) => {
    const { handle, token } = await newSession(store)
    const values = range(8).map(() => unique('value'))
    await Promise.all(values.map((value, n) => save(store, token, { indexes: { [`index${n}`]: value } })))
    for (const [n, value] of values.entries()) assert.deepEqual(await handlesOf(needIndex(store), `index${n}`, value), [handle])
  })

  ruleUnless('index', 'a session moved to and fro by several writers is found under its own value only', async (store) => {
    const { handle, token } = await newSession(store, {}, { indexes: { workerId: unique('worker') } })
    const values = range(10).map(() => unique('worker'))
    await Promise.all(values.map((value) => save(store, token, { indexes: { workerId: value } })))
    const { facts } = await mustLoad(store, token)
    for (const value of values) {
      assert.deepEqual(await handlesOf(needIndex(store), 'workerId', value), value === facts.indexes.workerId ? [handle] : [])
    }
  })

  ruleUnless('index', 'a conflict and a writer that comes too late leave the index alone', async (store) => {
    const [user, other] = [unique('user'), unique('user')]
    const { handle, token } = await newSession(store, { a: '1' }, { indexes: { [USER_INDEX]: user } })
    const indexes = { [USER_INDEX]: other }
    await store.update(token, { expect: { a: '2' }, indexes })
    assert.deepEqual(await handlesOf(needIndex(store), USER_INDEX, user), [handle])
    await store.destroy(token)
    await store.update(token, { indexes })
    await store.rotate(token, { indexes })
    assert.equal(await needIndex(store).count(USER_INDEX, other), 0)
  })

  ruleUnless('index', 'a destroyed session leaves no ghost', async (store) => {
    const user = unique('user')
    const { handle, token } = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
    await store.destroy(token)
    await assertNoTrace(needIndex(store), user, handle)
  })

  ruleUnless('index', 'an expired session leaves no ghost, whether or not anybody swept', async (store) => {
    const user = unique('user')
    const terms = { idleMs: time.spanMs, indexes: { [USER_INDEX]: user } }
    const [counted, listed] = [unique('user'), unique('user')]
    await newSession(store, {}, { ...terms, indexes: { [USER_INDEX]: counted } })
    await newSession(store, {}, { ...terms, indexes: { [USER_INDEX]: listed } })
    const { handle } = await newSession(store, {}, terms)
    await time.pass(time.lateMs)
    assert.equal(await needIndex(store).count(USER_INDEX, counted), 0)
    assert.deepEqual(await needIndex(store).list(USER_INDEX, listed), [])
    await assertNoTrace(needIndex(store), user, handle)
  })

  ruleUnless('index', 'a session that slides stays listed for as long as it lives', async (store) => {
    const user = unique('user')
    const { handle, token } = await newSession(store, {}, { idleMs: time.spanMs, indexes: { [USER_INDEX]: user } })
    await time.pass(time.earlyMs)
    await slide(store, token)
    await time.pass(time.restMs)
    assert.deepEqual(await handlesOf(needIndex(store), USER_INDEX, user), [handle])
    assert.equal((await needIndex(store).find(handle))?.handle, handle)
  })
}

function secrets({ ruleUnless }: Contract): void {
  ruleUnless('index', 'T-16: nothing that is listed or found works as a cookie', async (store) => {
    const user = unique('user')
    const { handle, token } = await newSession(store, { a: '"in"' }, { indexes: { [USER_INDEX]: user } })
    const rotated = await mustRotate(store, token)
    const shown = [await needIndex(store).find(handle), ...(await needIndex(store).list(USER_INDEX, user))]
    const texts = allTexts(shown)
    for (const secret of [token, rotated.token, ...verifiersOf(token, rotated.token)]) {
      assert.ok(!texts.some((text) => text.includes(secret)), 'a token or verifier is shown')
    }
    for (const text of texts) {
      await assertNone(store, text, 'a shown text works as a token')
      await assertNone(store, `${handle}.${text}`, 'a shown text works as a verifier')
    }
  })
}

async function handlesOf(index: SessionIndex, name: string, value: string): Promise<string[]> {
  return (await index.list(name, value)).map(({ handle }) => handle).sort()
}

async function assertNoTrace(index: SessionIndex, user: string, handle: string): Promise<void> {
  assert.equal(await index.find(handle), null)
  assert.equal(await index.count(USER_INDEX, user), 0)
  assert.deepEqual(await index.list(USER_INDEX, user), [])
  assert.equal(await index.end(handle), false)
  assert.deepEqual(await index.endBy(USER_INDEX, user), [])
}

function verifiersOf(...tokens: string[]): string[] {
  return tokens.map((token) => parseToken(token)?.verifier ?? token)
}

/** Every text in the value, keys among them, however deep. */
function allTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...allTexts(inner)])
}
