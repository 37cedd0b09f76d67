// What an administrator searches for, read from a query and written back into links. Whatever is not understood is left out.
import type { ListOptions, SortKey } from '../lib/session-lists.js'

export interface Search {
  /** Exactly; `''`: all. */
  readonly user: string
  /** Seconds; 0: any. */
  readonly idle: number
  readonly age: number
  readonly sort: SortKey
  readonly after: string
}

/** Seconds: an hour, a day, a week, thirty days. */
export const SPANS: readonly number[] = [3600, 86_400, 604_800, 2_592_000]
const SORTS: readonly SortKey[] = ['handle', 'age', 'idle']
const PAGE = 50
const MAX_TEXT = 512

export function searchIn(query: URLSearchParams): Search {
  const text = (name: string): string => (query.get(name) ?? '').slice(0, MAX_TEXT)
  const span = (name: string): number => SPANS.find((seconds) => String(seconds) === query.get(name)) ?? 0
  return {
    user: text('user').trim(),
    idle: span('idle'),
    age: span('age'),
    sort: SORTS.find((sort) => sort === query.get('sort')) ?? 'handle',
    after: text('after'),
  }
}

/** `''`, or with a question mark. */
export function queryOf(search: Partial<Search>): string {
  const { user, idle, age, sort, after } = search
  const query = new URLSearchParams()
  if (user) query.set('user', user)
  if (idle) query.set('idle', String(idle))
  if (age) query.set('age', String(age))
  if (sort && sort !== 'handle') query.set('sort', sort)
  if (after) query.set('after', after)
  return query.size === 0 ? '' : `?${query}`
}

export function listOptions({ user, idle, age, sort, after }: Search, current: string | null): ListOptions {
  return {
    ...(user === '' ? {} : { user }),
    ...(idle === 0 ? {} : { idleLongerThan: idle }),
    ...(age === 0 ? {} : { olderThan: age }),
    ...(after === '' ? {} : { after }),
    sortBy: sort,
    limit: PAGE,
    current,
  }
}
