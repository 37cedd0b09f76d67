// Data in the cookie, life in another store: each session has a small record there, without its data, whose token is sealed into the
// cookie. A record and no list of ended sessions, because the other store does the rest as its contract says, atomically: it judges both
// clocks by its own (this process's clock chooses the key to seal with, and nothing else), refuses a token that was rotated away, finds and
// ends by handle and by index. And if it loses its records, sessions end; a list that got lost would let ended ones live again.

import { changedValues, copyText, meetsExpectations, mergeText } from '../../lib/apply.js'
import { isPromise, whenReady } from '../../lib/maybe.js'
import type {
  LoadedSession,
  MaybePromise,
  SessionChanges,
  SessionIndex,
  SessionRecord,
  SessionStore,
  SessionValues,
  StoredSession,
  StoreEvent,
  StoreLimit,
  UpdateResult,
} from '../../lib/store.js'
import { FieldReader, fieldOf, fieldsOf } from './fields.js'
import type { CompleteOptions } from './options.js'
import { Sealer } from './sealer.js'

interface Unsealed {
  /** The record's token. */
  readonly record: string
  readonly values: SessionValues
}

export class RecordedStore implements SessionStore {
  readonly name: string = 'cookie'
  readonly sealsToken = true
  readonly cannot: readonly StoreLimit[]
  readonly tokenParts: number
  readonly index?: SessionIndex
  readonly end?: (handle: string) => MaybePromise<boolean>
  readonly subscribe?: NonNullable<SessionStore['subscribe']>
  readonly announce?: NonNullable<SessionStore['announce']>
  private readonly records: SessionStore
  private readonly clock: () => number
  readonly #sealer: Sealer<Unsealed>

  constructor(options: CompleteOptions, records: SessionStore) {
    this.tokenParts = options.chunks
    this.clock = options.clock
    this.records = records
    // The purpose is another one: a cookie that has no record must never pass for one that has.
    this.#sealer = new Sealer(options, 'recorded-session', unsealed)
    this.cannot = [...new Set<StoreLimit>(['merge', 'expect', ...(records.cannot ?? [])])]
    // What `reassign` writes into the record goes before what the cookie says.
    if (records.index !== undefined) this.index = records.index
    if (records.end !== undefined) this.end = records.end.bind(records)
    if (records.subscribe !== undefined) this.subscribe = records.subscribe.bind(records)
    if (records.announce !== undefined) this.announce = records.announce.bind(records)
  }

  ready(): MaybePromise<void> {
    return this.records.ready?.()
  }

  close(): MaybePromise<void> {
    return this.records.close?.()
  }

  listen(listener: (event: StoreEvent) => void): void {
    this.records.listen?.(listener)
  }

  create({ values, terms }: SessionRecord): MaybePromise<StoredSession> {
    return whenReady(this.records.create({ values: {}, terms }), (record) => {
      try {
        return this.stored(record, copyText(values))
      } catch (error) {
        return this.withdraw(record, error)
      }
    })
  }

  load(token: string, options: { readonly slide: boolean }): MaybePromise<LoadedSession | 'reused' | null> {
    const opened = this.#sealer.open(token)
    if (opened === null) return null
    const { content, stale } = opened
    return whenReady(this.records.load(content.record, options), (record) => {
      if (record === null || record === 'reused') return record
      const renews = stale || record.token !== content.record
      const values = mergeText(content.values, record.values)
      return { ...record, values, token: renews ? this.seal(record.token, content.values) : token }
    })
  }

  update(token: string, changes: SessionChanges): MaybePromise<UpdateResult> {
    const opened = this.open(token)
    if (opened === null) return { outcome: 'gone' }
    if (changes.expect === undefined) return this.write(opened, changes)
    return whenReady(this.records.load(opened.record, { slide: false }), (record) => {
      if (record === null || record === 'reused') return { outcome: 'gone' }
      if (!meetsExpectations(mergeText(opened.values, record.values), changes.expect)) return { outcome: 'conflict' }
      return this.write({ ...opened, record: record.token }, changes)
    })
  }

  rotate(token: string, changes: SessionChanges): MaybePromise<StoredSession | null> {
    const opened = this.open(token)
    if (opened === null) return null
    const values = changedValues(opened.values, changes)
    this.assertFits(opened.record, values)
    return whenReady(this.records.rotate(opened.record, changesOfRecord(changes)), (record) => record && this.stored(record, values))
  }

  destroy(token: string): MaybePromise<boolean> {
    const opened = this.open(token)
    return opened !== null && this.records.destroy(opened.record)
  }

  /** The record of a session that does not fit into its cookie would show up in lists. */
  private withdraw(record: StoredSession, error: unknown): MaybePromise<never> {
    const fail = (): never => {
      throw error
    }
    const ended = this.records.destroy(record.token)
    return isPromise(ended) ? ended.then(fail, fail) : fail()
  }

  private write(opened: Unsealed, changes: SessionChanges): MaybePromise<UpdateResult> {
    const values = changedValues(opened.values, changes)
    this.assertFits(opened.record, values)
    return whenReady(this.records.update(opened.record, changesOfRecord(changes)), (result) =>
      result.outcome === 'saved' ? { outcome: 'saved', token: this.seal(result.token, values) } : result,
    )
  }

  private open(token: string): Unsealed | null {
    return this.#sealer.open(token)?.content ?? null
  }

  private assertFits(record: string, values: SessionValues): void {
    this.#sealer.assertFits(textOf(record, values))
  }

  private seal(record: string, values: SessionValues): string {
    return this.#sealer.seal(textOf(record, values), { record, values }, this.clock())
  }

  private stored(record: StoredSession, values: SessionValues): StoredSession {
    return { ...record, token: this.seal(record.token, values) }
  }
}

function textOf(record: string, values: SessionValues): string {
  return fieldOf(record) + fieldsOf(values)
}

function unsealed(text: string): Unsealed {
  const fields = new FieldReader(text)
  return { record: fields.next(), values: fields.nextMap() }
}

/** What the writer decides about a key is said by the cookie from then on: the record forgets it. */
function changesOfRecord({ clear, unset = [], set = {}, indexes, terms }: SessionChanges): SessionChanges {
  return {
    ...(clear === undefined ? {} : { clear }),
    unset: [...unset, ...Object.keys(set)],
    ...(indexes === undefined ? {} : { indexes }),
    ...(terms === undefined ? {} : { terms }),
  }
}
