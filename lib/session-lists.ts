// Lists of sessions: of one value of an index, at the cost of the result; or of the whole store, in batches.
import { type Duration, durationMs } from './durations.js'
import { type ManagedSession, managedSession } from './managed-session.js'
import type { SessionBatch, SessionEntry } from './store.js'

/** One value of one index, such as `{ workerId: 'a' }`. */
export type IndexQuery = Readonly<Record<string, string | number>>

/** Which sessions: of a user, of another index, or (neither) all. */
export interface Selection {
  readonly user?: string | number
  readonly index?: IndexQuery
}

export interface ListOptions extends Selection {
  /** Not seen for so long. */
  readonly idleLongerThan?: Duration
  /** Created so long ago. */
  readonly olderThan?: Duration
  /** `'handle'` (default): no order to speak of, but the cheapest. `'age'`: the oldest first. `'idle'`: the longest unseen first. */
  readonly sortBy?: SortKey
  /** Most entries of a page; default 100. */
  readonly limit?: number
  /** `next` of the page before. */
  readonly after?: string
  /** Handle of the session that asks, to be marked as the current one: `req.session.info.handle`. */
  readonly current?: string | null
}

export type SortKey = 'handle' | 'age' | 'idle'

/** `next` is for `after`; `null`: that was all. */
export type SessionPage = readonly ManagedSession[] & { readonly next: string | null }

/** One index and its value; `null`: the whole store. */
export type Target = readonly [index: string, value: string] | null

/** Entries of a store, asked for as a manager may ask. */
export interface Lister {
  /** All live entries of one value. */
  of(index: string, value: string): Promise<readonly SessionEntry[]>
  batch(cursor: string | null): Promise<SessionBatch>
}

type Filter = (entry: SessionEntry) => boolean

const DEFAULT_LIMIT = 100
const SORTS: Readonly<Record<SortKey, (entry: SessionEntry) => number>> = {
  handle: () => 0,
  age: ({ facts }) => facts.createdAt,
  idle: ({ facts }) => facts.seenAt,
}

export async function listSessions(lister: Lister, target: Target, options: ListOptions): Promise<SessionPage> {
  const { sortBy = 'handle', limit = DEFAULT_LIMIT, after, current = null } = options
  if (!Object.hasOwn(SORTS, sortBy)) throw new TypeError("sortBy: expected 'handle', 'age' or 'idle'")
  if (!Number.isInteger(limit) || limit < 1) throw new TypeError('limit: expected a positive whole number')
  const page =
    target === null && sortBy === 'handle'
      ? await scanned(lister, filterOf(options), limit, after)
      : await sorted(lister, target, options, limit)
  const sessions = page.entries.map((entry) => managedSession(entry, current))
  return Object.defineProperty(sessions, 'next', { value: page.next }) as unknown as SessionPage
}

/** Every entry that the options name, in no order. */
export async function* everySession(lister: Lister, target: Target, options: ListOptions): AsyncGenerator<SessionEntry> {
  const matches = filterOf(options)
  if (target !== null) {
    yield* (await lister.of(...target)).filter(matches)
    return
  }
  // A store that changes meanwhile may show a session twice.
  const met = new Set<string>()
  for (let cursor: string | null = null; ; ) {
    const { entries, next }: SessionBatch = await lister.batch(cursor)
    yield* entries.filter((entry) => !met.has(entry.handle) && met.add(entry.handle) && matches(entry))
    if (next === null) return
    cursor = next
  }
}

/** Judged by the store's clock. */
function filterOf({ idleLongerThan, olderThan }: ListOptions): Filter {
  const idleMs = idleLongerThan === undefined ? 0 : durationMs('idleLongerThan', idleLongerThan)
  const ageMs = olderThan === undefined ? 0 : durationMs('olderThan', olderThan)
  return ({ facts, now }) => now - facts.seenAt >= idleMs && now - facts.createdAt >= ageMs
}

/** A page of the whole store is a few batches; it may be longer than `limit` by a part of the last one, which cannot be had in two. */
async function scanned(
  lister: Lister,
  matches: Filter,
  limit: number,
  after: string | undefined,
): Promise<{ entries: SessionEntry[]; next: string | null }> {
  const entries: SessionEntry[] = []
  let cursor: string | null = after ?? null
  do {
    const batch: SessionBatch = await lister.batch(cursor)
    entries.push(...batch.entries.filter(matches))
    cursor = batch.next
  } while (cursor !== null && entries.length < limit)
  return { entries, next: cursor }
}

async function sorted(
  lister: Lister,
  target: Target,
  options: ListOptions,
  limit: number,
): Promise<{ entries: SessionEntry[]; next: string | null }> {
  const { sortBy = 'handle', after } = options
  const found: SessionEntry[] = []
  for await (const entry of everySession(lister, target, options)) found.push(entry)
  const placeOf = (entry: SessionEntry): string => `${String(SORTS[sortBy](entry)).padStart(16, '0')}:${entry.handle}`
  const places = new Map(found.map((entry) => [entry, placeOf(entry)]))
  const rest = found.filter((entry) => after === undefined || String(places.get(entry)) > after)
  rest.sort((a, b) => (String(places.get(a)) < String(places.get(b)) ? -1 : 1))
  const entries = rest.slice(0, limit)
  const last = entries.at(-1)
  return { entries, next: rest.length > limit && last !== undefined ? String(places.get(last)) : null }
}
