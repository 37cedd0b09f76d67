// Theme: all sessions of a store, met one after the other, and ended at once.
import assert from 'node:assert/strict'
import { type SessionIndex, USER_INDEX } from '../lib/store.js'
import { assertNoneForAll, assertValues, mustLoad, mustRotate, newSession, newSessions, range, unique } from './contract-kit.js'
import type { Contract } from './contract-suite.js'

type Scanning = Required<Pick<SessionIndex, 'scan'>>

export function everything(contract: Contract): void {
  scanning(contract)
  endingAll(contract)
}

function scanning({ ruleWith, time }: Contract): void {
  ruleWith('scan', 'a scan meets every live session, whatever its indexes, as find shows it', async (store, index) => {
    const made = [...(await newSessions(store, 3, { indexes: { [USER_INDEX]: unique('user') } })), await newSession(store)]
    const met = await scanned(index)
    for (const { handle } of made) {
      const [entry, found] = [met.get(handle), await index.find(handle)]
      assert.ok(entry !== undefined && found !== null, 'a live session was not met')
      assert.deepEqual({ ...entry, now: found.now }, found)
    }
  })

  ruleWith('scan', 'a scan meets no session that ended or expired', async (store, index) => {
    const expiring = await newSession(store, {}, { idleMs: time.spanMs })
    const ended = await newSession(store)
    await store.destroy(ended.token)
    await time.pass(time.lateMs)
    const met = await scanned(index)
    assert.deepEqual([met.has(expiring.handle), met.has(ended.handle)], [false, false])
  })

  ruleWith(
    'scan',
    'a session that lives from the first batch to the last is met, whoever comes and goes meanwhile',
    async (store, index) => {
      const made = await newSessions(store, 150, {})
      const [kept, leaving] = [made.filter((_, n) => n % 2 === 0), made.filter((_, n) => n % 2 === 1)]
      const met = await scanned(index, async () => {
        for (const { token } of leaving.splice(0, 20)) await store.destroy(token)
        await newSessions(store, 5, {})
      })
      assert.deepEqual(
        kept.filter(({ handle }) => !met.has(handle)),
        [],
      )
    },
  )

  ruleWith('scan', 'a text that is no cursor is a TypeError that says so', async (_, index) => {
    for (const cursor of ['', 'x', '-1', '*', '\u0000', unique('cursor')]) {
      await assert.rejects(async () => index.scan(cursor), /^TypeError: cursor: /)
    }
  })
}

function endingAll({ ruleWith }: Contract): void {
  const alone = (title: string, check: Parameters<typeof ruleWith>[2]): void => ruleWith('endAll', title, check, 'alone')

  alone('endAll ends every session, for whoever holds its token', async (store, index) => {
    const user = unique('user')
    const made = [...(await newSessions(store, 3, { indexes: { [USER_INDEX]: user } })), await newSession(store)]
    await index.endAll()
    for (const { token, handle } of made) {
      assert.equal(await index.find(handle), null)
      assert.equal(await index.end(handle), false)
      await assertNoneForAll(store, token)
    }
    assert.deepEqual([await index.count(USER_INDEX, user), await index.list(USER_INDEX, user), (await scanned(index)).size], [0, [], 0])
  })

  alone('a session that is made right after endAll lives, and ends with the next', async (store, index) => {
    const user = unique('user')
    for (const _turn of range(3)) {
      await index.endAll()
      const { token, handle } = await newSession(store, { a: '1' }, { indexes: { [USER_INDEX]: user } })
      await assertValues(store, token, { a: '1' })
      const rotated = await mustRotate(store, token)
      assert.equal((await mustLoad(store, rotated.token, true)).handle, handle)
      assert.deepEqual(
        (await index.list(USER_INDEX, user)).map((entry) => entry.handle),
        [handle],
      )
    }
  })

  alone('no writer brings a session over endAll', async (store, index) => {
    const made = await newSessions(store, 8, {})
    const writers = made.flatMap(({ token }) => [
      store.update(token, { set: { a: '1' } }),
      store.rotate(token, {}),
      store.load(token, { slide: true }),
    ])
    await Promise.all([...writers, index.endAll()])
    for (const { handle } of made) assert.equal(await index.find(handle), null)
  })
}

/** Handle → entry, of all batches; `between` is awaited after each. */
export async function scanned(index: Scanning, between: () => Promise<unknown> = async () => {}) {
  const met = new Map<string, Awaited<ReturnType<Scanning['scan']>>['entries'][number]>()
  let cursor: string | null = null
  let batches = 0
  do {
    const batch: Awaited<ReturnType<Scanning['scan']>> = await index.scan(cursor)
    for (const entry of batch.entries) met.set(entry.handle, entry)
    cursor = batch.next
    batches++
    assert.ok(batches < 10_000, 'the scan never ends')
    if (cursor !== null) await between()
  } while (cursor !== null)
  return met
}
