// Who is signed in, read from the session's data; promise 4 (no fixation) hangs on it.
import type { Draft } from './draft.js'

/** Reads the signed-in user's id from the session's data. Must depend on nothing else. */
export type UserResolver = (data: Readonly<Record<string, unknown>>) => string | number | null | undefined

export interface ResolvedUser {
  readonly userId: string | null
  /** The top-level keys that the answer depends on. */
  readonly reads: ReadonlySet<string>
}

/** Stands in `reads` when the resolver asked which keys there are: then every change may matter. */
export const ANY_KEY = '*'

/** `userId`, else `user` (its `id`, if it is an object), else `passport.user` likewise. */
export const defaultUser: UserResolver = (data) => {
  return idOf(data['userId']) ?? idOf(data['user']) ?? idOf((data['passport'] as { user?: unknown } | undefined)?.user)
}

/** All that it may read. */
export const DEFAULT_USER_KEYS: readonly string[] = ['userId', 'user', 'passport']

/** As text that every store gives back as it is: none keeps half a character (a lone surrogate). */
export function userText(userId: string | number): string {
  return String(userId).toWellFormed()
}

export function resolveUser(resolver: UserResolver, draft: Draft): ResolvedUser {
  const reads = new Set<string>()
  const userId = resolver(watched(draft, reads))
  return { userId: userId === null || userId === undefined || userId === '' ? null : userText(userId), reads }
}

function idOf(value: unknown): string | number | null {
  if (typeof value === 'object' && value !== null) return 'id' in value && typeof value.id !== 'object' ? idOf(value.id) : null
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? value : null
}

function watched(draft: Draft, reads: Set<string>): Readonly<Record<string, unknown>> {
  const read = (key: string | symbol): unknown => {
    if (typeof key !== 'string') return undefined
    reads.add(key)
    return draft.getAsStored(key)
  }
  return new Proxy(Object.create(null) as Record<string, unknown>, {
    get: (_target, key) => read(key),
    has: (_target, key) => read(key) !== undefined,
    ownKeys: () => {
      reads.add(ANY_KEY)
      return draft.keys()
    },
    getOwnPropertyDescriptor: (_target, key) => ({ value: read(key), enumerable: true, configurable: true }),
  })
}
