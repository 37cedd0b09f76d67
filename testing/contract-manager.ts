// Theme: what an administrator does to sessions whose token he does not hold.
import assert from 'node:assert/strict'
import { type SessionIndex, USER_INDEX } from '../lib/store.js'
import {
  assertNoneForAll,
  assertValues,
  mustLoad,
  mustRotate,
  needIndex,
  newSession,
  newSessions,
  range,
  save,
  unique,
} from './contract-kit.js'
import type { Contract } from './contract-suite.js'

export function manager(contract: Contract): void {
  paging(contract)
  endingOthers(contract)
  reassigning(contract)
}

function paging({ ruleUnless }: Contract): void {
  ruleUnless('index', 'pages show every session once, in the order of the whole list', async (store) => {
    const user = unique('user')
    await newSessions(store, 7, { indexes: { [USER_INDEX]: user } })
    const whole = (await needIndex(store).list(USER_INDEX, user)).map(({ handle }) => handle)
    const pages = await allPages(needIndex(store), user, 3)
    assert.deepEqual(
      pages.map(({ length }) => length),
      [3, 3, 1],
    )
    assert.deepEqual(pages.flat(), whole)
  })

  ruleUnless('index', 'a page goes on after a session that has ended meanwhile', async (store) => {
    const user = unique('user')
    const made = await newSessions(store, 6, { indexes: { [USER_INDEX]: user } })
    const ended = new Set<string>()
    let after: string | undefined
    for (const _page of range(6)) {
      const [entry] = await needIndex(store).list(USER_INDEX, user, { limit: 1, ...(after !== undefined && { after }) })
      assert.ok(entry !== undefined, 'a session was passed over')
      await needIndex(store).end(entry.handle)
      ended.add(entry.handle)
      after = entry.handle
    }
    assert.deepEqual([...ended].sort(), made.map(({ handle }) => handle).sort())
  })
}

function endingOthers({ ruleUnless }: Contract): void {
  ruleUnless('index', 'a session is ended by its handle, once, and for whoever holds its token', async (store) => {
    const { handle, token } = await newSession(store)
    const other = await newSession(store, { a: '1' })
    assert.equal(await needIndex(store).end(handle), true)
    assert.equal(await needIndex(store).end(handle), false)
    await assertNoneForAll(store, token)
    assert.equal(await needIndex(store).find(handle), null)
    await assertValues(store, other.token, { a: '1' })
  })

  ruleUnless('index', 'T-11: all sessions of a value end; those of other values and indexes do not', async (store) => {
    const user = unique('user')
    const made = await newSessions(store, 5, { indexes: { [USER_INDEX]: user } })
    const others = [await newSession(store, { a: '1' }, { indexes: { workerId: user } }), await newSession(store, { a: '1' })]
    const ended = await needIndex(store).endBy(USER_INDEX, user)
    assert.deepEqual([...ended].sort(), made.map(({ handle }) => handle).sort())
    for (const { token } of made) await assertNoneForAll(store, token)
    for (const { token } of others) await assertValues(store, token, { a: '1' })
    assert.equal(await needIndex(store).count(USER_INDEX, user), 0)
    assert.deepEqual(await needIndex(store).endBy(USER_INDEX, user), [])
  })

  ruleUnless('index', 'T-12: all sessions of a value end but one', async (store) => {
    const user = unique('user')
    const made = await newSessions(store, 4, { indexes: { [USER_INDEX]: user } })
    const [kept, ...rest] = made
    assert.ok(kept !== undefined)
    const ended = await needIndex(store).endBy(USER_INDEX, user, { except: kept.handle })
    assert.deepEqual([...ended].sort(), rest.map(({ handle }) => handle).sort())
    await assertValues(store, kept.token, { n: '0' })
    for (const { token } of rest) await assertNoneForAll(store, token)
    assert.deepEqual(await needIndex(store).endBy(USER_INDEX, user, { except: kept.handle }), [])
  })

  ruleUnless('index', 'a session that was rotated is ended under its new token', async (store) => {
    const user = unique('user')
    const { token } = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
    const rotated = await mustRotate(store, token)
    await needIndex(store).endBy(USER_INDEX, user)
    await assertNoneForAll(store, rotated.token)
  })

  ruleUnless('index', 'writers under way do not revive a session that the manager ends', async (store) => {
    const user = unique('user')
    const { token } = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
    const writers = range(20).map(async (n) => await store.update(token, { set: { [`k${n}`]: '1' } }))
    await Promise.all([...writers, needIndex(store).endBy(USER_INDEX, user), store.load(token, { slide: true })])
    await assertNoneForAll(store, token)
    assert.equal(await needIndex(store).count(USER_INDEX, user), 0)
  })
}

function reassigning({ ruleUnless, declares }: Contract): void {
  ruleUnless('index', 'reassign moves the index and the key of its name, and nothing else', async (store) => {
    const [from, to] = [unique('worker'), unique('worker')]
    const terms = { indexes: { workerId: from, room: 'r1' } }
    const moved = await newSession(store, { workerId: JSON.stringify(from), a: '1' }, terms)
    const other = await newSession(store, { workerId: '"x"' }, { indexes: { workerId: unique('worker') } })
    assert.equal(await needIndex(store).reassign('workerId', from, to, JSON.stringify(to)), 1)
    await assertValues(store, moved.token, { workerId: JSON.stringify(to), a: '1' })
    await assertValues(store, other.token, { workerId: '"x"' })
    const { facts } = await mustLoad(store, moved.token)
    assert.deepEqual([facts.indexes.workerId, facts.indexes.room], [to, 'r1'])
    assert.deepEqual([facts.id, facts.startedAt, facts.seenAt], [moved.facts.id, moved.facts.startedAt, moved.facts.seenAt])
  })

  ruleUnless('index', 'reassigned sessions are found under the new value only, beside those that were there', async (store) => {
    const [from, to] = [unique('worker'), unique('worker')]
    await newSessions(store, 3, { indexes: { workerId: from } })
    await newSessions(store, 2, { indexes: { workerId: to } })
    assert.equal(await needIndex(store).reassign('workerId', from, to, '"text"'), 3)
    assert.equal(await needIndex(store).count('workerId', from), 0)
    assert.equal(await needIndex(store).count('workerId', to), 5)
    assert.equal(await needIndex(store).reassign('workerId', from, to, '"text"'), 0)
  })

  ruleUnless('index', 'reassign loses no update that is under way', async (store) => {
    // The writers are stores' own business where each update makes a token of its own.
    if (declares(store, 'merge')) return
    const [from, to] = [unique('worker'), unique('worker')]
    const { token } = await newSession(store, { workerId: '"old"' }, { indexes: { workerId: from } })
    const writers = range(10).map((n) => save(store, token, { set: { [`k${n}`]: '1' } }))
    await Promise.all([...writers, needIndex(store).reassign('workerId', from, to, '"new"')])
    const { values } = await mustLoad(store, token)
    assert.equal(values.workerId, '"new"')
    assert.equal(Object.keys(values).length, 11)
  })
}

async function allPages(index: SessionIndex, user: string, limit: number): Promise<string[][]> {
  const pages: string[][] = []
  for (;;) {
    const after = pages.at(-1)?.at(-1)
    const page = await index.list(USER_INDEX, user, { limit, ...(after !== undefined && { after }) })
    if (page.length === 0) return pages
    pages.push(page.map(({ handle }) => handle))
    assert.ok(pages.length <= 100, 'pages never end')
  }
}
