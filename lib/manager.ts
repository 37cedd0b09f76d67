// Finding, counting and ending sessions from outside of a request. Grows with the store's index.
import type { SessionApp } from './app.js'
import { Draft } from './draft.js'
import { UnsupportedByStoreError } from './errors.js'
import { type MaybePromise, type SessionEntry, type SessionIndex, USER_INDEX } from './store.js'
import { ANY_KEY, resolveUser } from './user.js'

/** One value of one index, such as `{ userId: '7' }` or `{ workerId: 'a' }`. */
export type IndexQuery = Readonly<Record<string, string | number>>

export interface SessionManager {
  /** The live sessions that share the value, in a stable order. Nothing in an entry works as a cookie. */
  list(query: IndexQuery, page?: { readonly limit?: number; readonly after?: string }): Promise<SessionEntry[]>
  count(query: IndexQuery): Promise<number>
  find(handle: string): Promise<SessionEntry | null>
  /** Ends one session. Whether it was there. */
  end(handle: string): Promise<boolean>
  /** Ends all sessions of a user, but for the handle `except`. Resolves to their number. */
  endAllOf(userId: string | number, options?: { readonly except?: string }): Promise<number>
  /** Moves all sessions of one value of an index to another; refused on the user's index, where a new user needs a new token. */
  reassign(from: IndexQuery, to: IndexQuery): Promise<number>
}

export function sessionManager(app: SessionApp): SessionManager {
  const call = async <T>(operation: string, work: (index: SessionIndex) => MaybePromise<T>): Promise<T> => {
    const index = indexOf(app)
    return app.call(operation, () => work(index))
  }
  const ended = (handle: string, userId: string | undefined): void =>
    app.events.emit('ended', { handle, userId, reason: 'manager', request: undefined })
  return {
    list: async (query, page) => {
      const [index, value] = only(app, query)
      return call('list', (store) => store.list(index, value, page))
    },
    count: async (query) => {
      const [index, value] = only(app, query)
      return call('count', (store) => store.count(index, value))
    },
    find: (handle) => call('find', (store) => store.find(handle)),
    end: async (handle) => {
      const userId = (await call('find', (store) => store.find(handle)))?.facts.indexes[USER_INDEX]
      const was = await call('end', (store) => store.end(handle))
      if (was) ended(handle, userId)
      return was
    },
    endAllOf: async (userId, options) => {
      if (typeof userId !== 'string' && typeof userId !== 'number')
        throw new TypeError('endAllOf: expected the id of a user, a string or a number')
      const handles = await call('endBy', (store) => store.endBy(USER_INDEX, String(userId), options))
      for (const handle of handles) ended(handle, String(userId))
      return handles.length
    },
    reassign: async (from, to) => {
      const [index, value] = only(app, from)
      const [target, next] = only(app, to)
      if (index !== target) throw new TypeError(`reassign: from '${index}' to '${target}'; name one index`)
      if (index === USER_INDEX || decidesUser(app, index))
        throw new TypeError('reassign: refused on the user; a session that changes its user needs a new token')
      return call('reassign', (store) => store.reassign(index, value, next, JSON.stringify(to[index])))
    },
  }
}

/** Whether the resolver of the user reads this key. */
function decidesUser(app: SessionApp, key: string): boolean {
  const empty = new Draft(null, app.config.maxBytes, { age: () => 0, touched: () => {} })
  const { reads } = resolveUser(app.config.user, empty)
  return reads.has(key) || reads.has(ANY_KEY)
}

function indexOf(app: SessionApp): SessionIndex {
  const { index, name } = app.config.store
  if (index !== undefined) return index
  throw new UnsupportedByStoreError(`the ${name} store cannot find sessions by user or handle; the memory store can, and so can Redis`)
}

function only(app: SessionApp, query: IndexQuery): [string, string] {
  const [entry, ...more] = Object.entries(query)
  if (entry === undefined || more.length > 0) throw new TypeError("expected one index and its value, such as { userId: '7' }")
  const [index, value] = entry
  if (index !== USER_INDEX && !app.config.indexes.includes(index)) {
    throw new TypeError(`${index}: not an index; name it in the option indexes`)
  }
  return [index, String(value)]
}
