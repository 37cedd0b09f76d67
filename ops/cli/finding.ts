// Which sessions a command is about, by the store's clock.
import { managedSession } from '../../lib/managed-session.js'
import { everySession, type Lister, type Target } from '../../lib/session-lists.js'
import { type SessionEntry, USER_INDEX } from '../../lib/store.js'
import type { Filters, SortKey, Task } from './arguments.js'
import type { Link } from './link.js'
import type { Progress } from './progress.js'
import { type Terminal, UsageError, untilInterrupted } from './terminal.js'

export interface Found {
  readonly entries: readonly SessionEntry[]
  /** Whether the limit left some out. */
  readonly more: boolean
}

export interface Search {
  readonly link: Link
  readonly terminal: Terminal
  readonly progress: Progress
}

const PLACE: Readonly<Record<SortKey, (entry: SessionEntry) => number>> = {
  handle: () => 0,
  age: ({ facts }) => facts.createdAt,
  idle: ({ facts }) => facts.seenAt,
}

/** All that the filters name, in no order. */
export async function* matching(search: Search, filters: Filters): AsyncGenerator<SessionEntry> {
  const { handles, user, idleMs, ageMs } = filters
  if (handles.length > 0) {
    for (const handle of handles) {
      const entry = await untilInterrupted(search.terminal, find(search.link, handle))
      if (entry !== null && matches(entry, filters)) yield entry
    }
    return
  }
  const target: Target = user === null ? null : [USER_INDEX, user]
  const spans = { ...(idleMs > 0 && { idleLongerThan: idleMs / 1000 }), ...(ageMs > 0 && { olderThan: ageMs / 1000 }) }
  yield* everySession(lister(search), target, spans)
}

/** With a limit no more of them are kept than it takes. */
export async function collect(search: Search, { filters, sortBy }: Pick<Task, 'filters' | 'sortBy'>, limit: number): Promise<Found> {
  const found: SessionEntry[] = []
  const most = Math.max(2 * limit, 1000)
  let more = false
  const settle = (): void => {
    if (sortBy !== 'handle') found.sort((a, b) => PLACE[sortBy](a) - PLACE[sortBy](b) || (a.handle < b.handle ? -1 : 1))
    more ||= found.length > limit
    found.length = Math.min(found.length, limit)
  }
  for await (const entry of matching(search, filters)) {
    found.push(entry)
    if (sortBy === 'handle' && found.length > limit) break
    if (found.length > most) settle()
  }
  settle()
  search.progress.clear()
  return { entries: found, more }
}

export async function find({ app, index }: Link, handle: string): Promise<SessionEntry | null> {
  return app.call('find', () => index.find(handle))
}

/** Whether it still is what was asked for. */
export function matches({ facts, now }: SessionEntry, { user, idleMs, ageMs }: Filters): boolean {
  return (user === null || facts.indexes[USER_INDEX] === user) && now - facts.seenAt >= idleMs && now - facts.createdAt >= ageMs
}

/** Asks the store as the manager does; each batch moves the bar. */
export function lister({ link, terminal, progress }: Search): Lister {
  const { app, index } = link
  const { scan } = index
  return {
    of: async (name, value) =>
      untilInterrupted(
        terminal,
        app.call('list', () => index.list(name, value)),
      ),
    batch: async (cursor) => {
      if (scan === undefined) throw new UsageError(`--store: the ${app.config.store.name} store finds sessions by --user or handle only`)
      const batch = await untilInterrupted(
        terminal,
        app.call('scan', () => scan.call(index, cursor)),
      )
      progress.add(batch.entries.length, batch)
      return batch
    },
  }
}

/** What the manager shows, as one line of JSON. Characters that a terminal obeys are escaped; the text that they decode to stays the same. */
export function jsonOf(entry: SessionEntry): string {
  const { current, ...shown } = managedSession(entry, null)
  return json(shown)
}

export function json(value: unknown): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (unsafe) => unsafe.split('').map(escaped).join(''))
}
