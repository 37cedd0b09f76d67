// Finding, counting and ending sessions from outside of a request.
import type { SessionApp } from './app.js'
import { Draft } from './draft.js'
import { type Duration, durationMs } from './durations.js'
import { UnsupportedByStoreError } from './errors.js'
import type { EndReason } from './events.js'
import { type ManagedSession, managedSession } from './managed-session.js'
import {
  everySession,
  type IndexQuery,
  type Lister,
  type ListOptions,
  listSessions,
  type Selection,
  type SessionPage,
  type Target,
} from './session-lists.js'
import { countEvents, type SessionStats, sessionStats } from './session-stats.js'
import { type MaybePromise, type SessionIndex, type SessionStore, USER_INDEX } from './store.js'
import { ANY_KEY, resolveUser, userText } from './user.js'

export type { IndexQuery } from './session-lists.js'

/** Each call rejects with `UnsupportedByStoreError` where the store has no index. */
export interface SessionManager {
  /**
   * Live sessions, a page of them. With `user` or `index` it costs as much as the sessions that share the value; without, it looks at the whole store in
   * batches, and a sorted list of the whole store keeps all of them in memory.
   */
  list(options?: ListOptions): Promise<SessionPage>
  count(selection: Selection): Promise<number>
  /** For several values of one index at once. */
  countBy(index: string, values: readonly (string | number)[]): Promise<Record<string, number>>
  find(handle: string): Promise<ManagedSession | null>
  /** Ends one session, now or in a while; until then its user sees the notice. Whether it was there. */
  end(handle: string, options?: { readonly in?: Duration; readonly message?: string }): Promise<boolean>
  /** Ends all sessions of a user, but for the handle `except`. Resolves to their number. */
  endAllOf(userId: string | number, options?: { readonly except?: string }): Promise<number>
  /** Ends every session that there is, in a number of writes that does not depend on theirs. The event is `endedAll`; no `ended` comes for each. */
  endEverything(): Promise<void>
  /** Moves all sessions of one value of an index to another; refused on the user's index, where a new user needs a new token. Resolves to their number. */
  reassign(from: IndexQuery, to: IndexQuery): Promise<number>
  /** Ends the sessions that nobody has used for so long, or with `dryRun` only counts them. Looks at the whole store, in batches. Resolves to their number. */
  sweepIdle(maxAge: Duration, options?: { readonly dryRun?: boolean }): Promise<number>
  /** Looks at the whole store, in batches. */
  stats(): Promise<SessionStats>
}

const MAX_MESSAGE = 500

export function sessionManager(app: SessionApp): SessionManager {
  const asking = new Asking(app)
  const counters = countEvents(app.events)
  return {
    list: async (options = {}) => listSessions(asking, targetOf(app, options), options),
    count: async (selection) => asking.count(targetOf(app, selection)),
    countBy: async (index, values) => {
      const counts = await Promise.all(values.map((value) => asking.count(only(app, { [index]: value }))))
      return Object.fromEntries(values.map((value, n) => [String(value), counts[n] ?? 0]))
    },
    find: async (handle) => {
      const entry = await asking.index('find', (index) => index.find(handle))
      return entry === null ? null : managedSession(entry, null)
    },
    end: async (handle, { in: delay, message = '' } = {}) =>
      delay === undefined ? asking.end(handle, 'manager') : asking.endIn(handle, durationMs('in', delay), noticeText(message)),
    endAllOf: async (userId, options) => {
      const user = idOf('endAllOf', userId)
      const handles = await asking.index('endBy', (index) => index.endBy(USER_INDEX, user, options))
      for (const handle of handles) asking.ended(handle, user, 'manager')
      return handles.length
    },
    endEverything: async () => {
      await asking.able(
        'endAll',
        (index) => index.endAll?.bind(index),
        (endAll) => endAll(),
      )
      app.events.emit('endedAll', { elsewhere: false })
    },
    reassign: async (from, to) => {
      const [[index, value], [target, next]] = [only(app, from), only(app, to)]
      if (index !== target) throw new TypeError(`reassign: from '${index}' to '${target}'; name one index`)
      if (index === USER_INDEX || decidesUser(app, index))
        throw new TypeError('reassign: refused on the user; a session that changes its user needs a new token')
      return asking.index('reassign', (each) => each.reassign(index, value, next, JSON.stringify(to[index])))
    },
    sweepIdle: async (maxAge, { dryRun = false } = {}) => {
      let swept = 0
      for await (const { handle } of everySession(asking, null, { idleLongerThan: maxAge }))
        if (dryRun || (await asking.end(handle, 'manager'))) swept += 1
      return swept
    },
    stats: () => sessionStats(asking, counters),
  }
}

/** Calls of the store's index, each within its deadline. */
class Asking implements Lister {
  readonly #app: SessionApp

  constructor(app: SessionApp) {
    this.#app = app
  }

  async index<T>(operation: string, work: (index: SessionIndex) => MaybePromise<T>): Promise<T> {
    const { store } = this.#app.config
    const { index } = store
    if (index === undefined) throw cannotFind(store)
    return this.#app.call(operation, () => work(index))
  }

  /** A call that not every index has. */
  async able<F, T>(operation: string, method: (index: SessionIndex) => F | undefined, work: (method: F) => MaybePromise<T>): Promise<T> {
    return this.index(operation, (index) => {
      const able = method(index)
      if (able === undefined) throw new UnsupportedByStoreError(`the ${this.#app.config.store.name} store has no ${operation}`)
      return work(able)
    })
  }

  of(index: string, value: string): ReturnType<Lister['of']> {
    return this.index('list', (each) => each.list(index, value))
  }

  batch(cursor: string | null): ReturnType<Lister['batch']> {
    return this.able(
      'scan',
      (index) => index.scan?.bind(index),
      (scan) => scan(cursor),
    )
  }

  async count(target: Target): Promise<number> {
    if (target !== null) return this.index('count', (index) => index.count(...target))
    let count = 0
    for await (const _ of everySession(this, null, {})) count += 1
    return count
  }

  async end(handle: string, reason: EndReason): Promise<boolean> {
    const { store } = this.#app.config
    const { index } = store
    // Without an index nobody can tell whose it was.
    if (index === undefined && store.end === undefined) throw cannotFind(store)
    const entry = index === undefined ? null : await this.#app.call('find', () => index.find(handle))
    const was = await this.#app.call('end', () => index?.end(handle) ?? store.end?.(handle) ?? false)
    if (was) this.ended(handle, entry?.facts.indexes[USER_INDEX], reason)
    return was
  }

  async endIn(handle: string, ms: number, message: string): Promise<boolean> {
    const endsAt = await this.able(
      'endIn',
      (index) => index.endIn?.bind(index),
      (endIn) => endIn(handle, ms, message),
    )
    return endsAt !== null
  }

  ended(handle: string, userId: string | undefined, reason: EndReason): void {
    this.#app.events.emit('ended', { handle, userId, reason, request: undefined })
  }
}

function noticeText(message: unknown): string {
  if (typeof message === 'string' && message.length <= MAX_MESSAGE) return message
  throw new TypeError(`message: expected a text of at most ${MAX_MESSAGE} characters`)
}

/** Whether the resolver of the user reads this key. */
function decidesUser(app: SessionApp, key: string): boolean {
  const empty = new Draft(null, app.config.maxBytes, { age: () => 0, touched: () => {} })
  const { reads } = resolveUser(app.config.user, empty)
  return reads.has(key) || reads.has(ANY_KEY)
}

function cannotFind({ name }: SessionStore): UnsupportedByStoreError {
  return new UnsupportedByStoreError(`the ${name} store cannot find sessions by user or handle; the memory store can, and so can Redis`)
}

/** An id that is `undefined`, since nobody is signed in, must not stand for everybody. */
function targetOf(app: SessionApp, selection: Selection): Target {
  const { user, index } = selection
  if ('user' in selection && 'index' in selection) throw new TypeError('expected a user or an index, not both')
  if ('user' in selection) return [USER_INDEX, idOf('user', user)]
  return 'index' in selection ? only(app, index) : null
}

function idOf(name: string, userId: unknown): string {
  if (typeof userId === 'string' || typeof userId === 'number') return userText(userId)
  throw new TypeError(`${name}: expected the id of a user, a string or a number`)
}

function only(app: SessionApp, query: IndexQuery | undefined): [string, string] {
  const [entry, ...more] = Object.entries(query ?? {})
  if (entry === undefined || more.length > 0) throw new TypeError("index: expected one index and its value, such as { workerId: 'a' }")
  const [index, value] = entry
  if (index !== USER_INDEX && !app.config.indexes.includes(index)) {
    throw new TypeError(`${index}: not an index; name it in the option indexes`)
  }
  return [index, String(value)]
}
