// Theme: so many sessions of one value and no more, exactly, whoever comes at the same time.
import assert from 'node:assert/strict'
import { type Admission, type SessionIndex, type SessionStore, type StoredSession, USER_INDEX } from '../lib/store.js'
import { assertNoneForAll, mustRotate, newSession, range, save, unique } from './contract-kit.js'
import type { Contract } from './contract-suite.js'

type Limiting = Required<SessionIndex>

const NORMAL = { max: 3, priority: 0 }

export function admissions(contract: Contract): void {
  choosing(contract)
  freeing(contract)
  reserving(contract)
  racing(contract)
}

function choosing({ ruleWith }: Contract): void {
  ruleWith('admit', 'nobody has to go before there are too many; then it is who was admitted longest ago', async (store, index) => {
    const user = unique('user')
    const made = await signedIn(store, index, user, 3)
    const fourth = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
    assert.deepEqual(await index.admit(USER_INDEX, user, fourth.handle, NORMAL), [made[0]?.handle])
    const fifth = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
    await index.end(made[0]?.handle ?? '')
    assert.deepEqual(await index.admit(USER_INDEX, user, fifth.handle, NORMAL), [made[1]?.handle])
  })

  ruleWith('admit', 'a lower priority goes first, the new session itself if it is the least', async (store, index) => {
    const user = unique('user')
    const [high] = await signedIn(store, index, user, 1, { max: 2, priority: 1 })
    const [low] = await signedIn(store, index, user, 1, { max: 2, priority: -1 })
    assert.deepEqual(await signInAs(store, index, user, { max: 2, priority: 0 }), [low?.handle])
    const least = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
    assert.deepEqual(await index.admit(USER_INDEX, user, least.handle, { max: 2, priority: -1 }), [least.handle])
    assert.notEqual(await index.find(high?.handle ?? ''), null)
  })

  ruleWith('admit', 'who is admitted again keeps the priority of before, unless another is named', async (store, index) => {
    const user = unique('user')
    const [high, normal] = [...(await signedIn(store, index, user, 1, { max: 2, priority: 1 })), ...(await signedIn(store, index, user, 1))]
    assert.deepEqual(await index.admit(USER_INDEX, user, high?.handle ?? '', { max: 2 }), [])
    assert.deepEqual(await signInAs(store, index, user, { max: 2 }), [normal?.handle])
    await index.end(normal?.handle ?? '')
    assert.deepEqual(await index.admit(USER_INDEX, user, high?.handle ?? '', { max: 1, priority: -1 }), [high?.handle])
  })

  ruleWith(
    'admit',
    'of the same priority those that are named go first, in their order; of the others the longest admitted',
    async (store, index) => {
      const user = unique('user')
      const made = await signedIn(store, index, user, 4, { max: 4, priority: 0 })
      const [a = '', b = '', c = '', d = ''] = made.map(({ handle }) => handle)
      assert.deepEqual(await signInAs(store, index, user, { max: 4, priority: 0, order: [c, b] }), [c])
      assert.deepEqual(await signInAs(store, index, user, { max: 3, priority: 0, order: [unique('handle'), d] }), [d, a].sort())
      assert.equal((await index.find(b))?.handle, b)
    },
  )

  ruleWith('admit', 'a session that signs in again as the same user keeps its place, and takes no second one', async (store, index) => {
    const user = unique('user')
    const [first, ...others] = await signedIn(store, index, user, 3)
    assert.ok(first !== undefined)
    await mustRotate(store, first.token)
    for (const _turn of range(3)) assert.deepEqual(await index.admit(USER_INDEX, user, first.handle, NORMAL), [])
    assert.deepEqual(await signInAs(store, index, user, NORMAL), [others[0]?.handle])
  })

  ruleWith('admit', 'where fewer are allowed than before, as many go as are too many', async (store, index) => {
    const user = unique('user')
    const made = await signedIn(store, index, user, 5, { max: 5, priority: 0 })
    assert.deepEqual(
      await signInAs(store, index, user, { max: 2, priority: 0 }),
      made
        .slice(0, 4)
        .map(({ handle }) => handle)
        .sort(),
    )
    assert.equal(await index.count(USER_INDEX, user), 2)
  })

  ruleWith('admit', 'a session that has to go is never admitted again, and no list shows it', async (store, index) => {
    const user = unique('user')
    const [first] = await signedIn(store, index, user, 1, { max: 1, priority: 0 })
    const next = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
    assert.deepEqual(await index.admit(USER_INDEX, user, next.handle, { max: 1, priority: 0 }), [first?.handle])
    assert.deepEqual(await handlesOf(index, user), [next.handle])
    assert.equal(await index.count(USER_INDEX, user), 1)
    assert.ok((await index.admit(USER_INDEX, user, first?.handle ?? '', { max: 9, priority: 9 })).includes(first?.handle ?? ''))
    assert.ok((await index.endBy(USER_INDEX, user, { except: next.handle })).includes(first?.handle ?? ''))
  })

  ruleWith('admit', 'values and indexes are counted apart', async (store, index) => {
    const [one, two] = [unique('user'), unique('user')]
    const { handle } = await newSession(store, {}, { indexes: { [USER_INDEX]: one, workerId: two } })
    const other = await newSession(store, {}, { indexes: { [USER_INDEX]: two, workerId: one } })
    for (const [name, value, each] of [
      [USER_INDEX, one, handle],
      ['workerId', two, handle],
      [USER_INDEX, two, other.handle],
      ['workerId', one, other.handle],
    ] as const) {
      assert.deepEqual(await index.admit(name, value, each, { max: 1, priority: 0 }), [])
    }
  })
}

function freeing({ ruleWith, time }: Contract): void {
  ruleWith('admit', 'a session that ended, however it did, leaves its place at once', async (store, index) => {
    const user = unique('user')
    const [one, two, three] = await signedIn(store, index, user, 3)
    await store.destroy(one?.token ?? '')
    assert.deepEqual(await signInAs(store, index, user, NORMAL), [])
    await index.end(two?.handle ?? '')
    assert.deepEqual(await signInAs(store, index, user, NORMAL), [])
    await index.endBy(USER_INDEX, user)
    await signedIn(store, index, user, 3)
    assert.equal(await index.find(three?.handle ?? ''), null)
  })

  ruleWith('admit', 'a session that expired leaves its place', async (store, index) => {
    const user = unique('user')
    const [kept] = await signedIn(store, index, user, 1)
    const expiring = { indexes: { [USER_INDEX]: user }, idleMs: time.spanMs }
    for (const _turn of range(2)) {
      const { handle } = await newSession(store, {}, expiring)
      assert.deepEqual(await index.admit(USER_INDEX, user, handle, NORMAL), [])
    }
    await time.pass(time.lateMs)
    for (const _turn of range(2)) assert.deepEqual(await signInAs(store, index, user, NORMAL), [])
    assert.deepEqual(await signInAs(store, index, user, NORMAL), [kept?.handle])
  })

  ruleWith('admit', 'a session that became that of another user leaves its place', async (store, index) => {
    const [user, other] = [unique('user'), unique('user')]
    const [one, two] = await signedIn(store, index, user, 3)
    await mustRotate(store, one?.token ?? '', { indexes: { [USER_INDEX]: other } })
    await save(store, two?.token ?? '', { indexes: { [USER_INDEX]: null } })
    assert.deepEqual(await index.admit(USER_INDEX, other, one?.handle ?? '', { max: 1, priority: 0 }), [])
    for (const _turn of range(2)) assert.deepEqual(await signInAs(store, index, user, NORMAL), [])
  })
}

function reserving({ ruleWith }: Contract): void {
  ruleWith('reserve', 'as many places are reserved as there are, until one is given back', async (store, index) => {
    const user = unique('user')
    await signedIn(store, index, user, 1)
    const places = range(3).map(() => unique('place'))
    const [a = '', b = '', c = ''] = places
    const reserve = (place: string) => index.reserve(USER_INDEX, user, place, 3)
    assert.deepEqual([await reserve(a), await reserve(b), await reserve(c), await reserve(a)], [true, true, false, true])
    await index.release(USER_INDEX, user, a)
    assert.equal(await reserve(c), true)
  })

  ruleWith('reserve', 'whoever has a place is admitted to it, and nobody has to go', async (store, index) => {
    const user = unique('user')
    const made = await signedIn(store, index, user, 2)
    const place = unique('place')
    assert.equal(await index.reserve(USER_INDEX, user, place, 3), true)
    assert.equal(await index.reserve(USER_INDEX, user, unique('place'), 3), false)
    assert.deepEqual(await signInAs(store, index, user, { ...NORMAL, place }), [])
    assert.equal(await index.reserve(USER_INDEX, user, unique('place'), 3), false)
    await store.destroy(made[0]?.token ?? '')
    assert.equal(await index.reserve(USER_INDEX, user, unique('place'), 3), true)
  })

  ruleWith('reserve', 'a place that is not kept any more ends nobody else', async (store, index) => {
    const user = unique('user')
    const made = await signedIn(store, index, user, 3)
    const late = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
    assert.deepEqual(await index.admit(USER_INDEX, user, late.handle, { ...NORMAL, place: unique('place') }), [late.handle])
    assert.deepEqual(await handlesOf(index, user), made.map(({ handle }) => handle).sort())
  })

  ruleWith('reserve', 'sessions that expired hold no place', async (store, index) => {
    const user = unique('user')
    const made = await signedIn(store, index, user, 2, { max: 2, priority: 0 })
    for (const { handle } of made) await index.endIn(handle, 0, '')
    for (const _turn of range(2)) assert.equal(await index.reserve(USER_INDEX, user, unique('place'), 2), true)
    assert.equal(await index.reserve(USER_INDEX, user, unique('place'), 2), false)
  })
}

function racing({ ruleWith }: Contract): void {
  ruleWith('admit', 'ten that sign in at the same time end with as many as are allowed', async (store, index) => {
    const user = unique('user')
    await signedIn(store, index, user, 2)
    await Promise.all(range(10).map(() => signInAs(store, index, user, NORMAL)))
    assert.equal((await handlesOf(index, user)).length, 3)
    for (const handle of await handlesOf(index, user)) assert.notEqual(await index.find(handle), null)
  })

  ruleWith('admit', 'and those with the highest priority stay', async (store, index) => {
    const user = unique('user')
    const made = await Promise.all(
      range(10).map(async (priority) => {
        const session = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
        const victims = await index.admit(USER_INDEX, user, session.handle, { max: 3, priority })
        for (const victim of victims) await index.end(victim)
        return session
      }),
    )
    assert.deepEqual(
      await handlesOf(index, user),
      made
        .slice(7)
        .map(({ handle }) => handle)
        .sort(),
    )
    for (const { token } of made.slice(0, 7)) await assertNoneForAll(store, token)
  })

  ruleWith('reserve', 'of ten that ask for a place at the same time as many get one as there are', async (store, index) => {
    const user = unique('user')
    await signedIn(store, index, user, 1)
    const got = await Promise.all(
      range(10).map(async () => {
        const place = unique('place')
        if (!(await index.reserve(USER_INDEX, user, place, 3))) return false
        assert.deepEqual(await signInAs(store, index, user, { ...NORMAL, place }), [])
        return true
      }),
    )
    assert.equal(got.filter(Boolean).length, 2)
    assert.equal(await index.count(USER_INDEX, user), 3)
  })
}

/** Sessions that were admitted one after the other, none of whom had to go. */
async function signedIn(
  store: SessionStore,
  index: Limiting,
  user: string,
  count: number,
  admission: Admission = NORMAL,
): Promise<StoredSession[]> {
  const made: StoredSession[] = []
  for (const _turn of range(count)) {
    const session = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
    assert.deepEqual(await index.admit(USER_INDEX, user, session.handle, admission), [])
    made.push(session)
  }
  return made
}

/** One more, and the end of those who have to go; their handles. */
async function signInAs(store: SessionStore, index: Limiting, user: string, admission: Admission): Promise<string[]> {
  const { handle } = await newSession(store, {}, { indexes: { [USER_INDEX]: user } })
  const victims = await index.admit(USER_INDEX, user, handle, admission)
  for (const victim of victims) await index.end(victim)
  return [...victims].sort()
}

async function handlesOf(index: SessionIndex, user: string): Promise<string[]> {
  return (await index.list(USER_INDEX, user)).map(({ handle }) => handle).sort()
}
