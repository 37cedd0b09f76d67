// `list` and `show`.
import type { SessionEntry } from '../../lib/store.js'
import { USER_INDEX } from '../../lib/store.js'
import { printable } from '../audit/printable.js'
import type { Task } from './arguments.js'
import { collect, jsonOf, matching, type Search } from './finding.js'
import { type Column, table } from './table.js'
import { bold, note, say, type Terminal, widthOf } from './terminal.js'
import { ago, moment, span } from './times.js'

const DEFAULT_LIMIT = 100

const COLUMNS: readonly Column[] = [
  { title: 'SESSION' },
  { title: 'USER', shrinks: true },
  { title: 'CREATED' },
  { title: 'LAST SEEN' },
  { title: 'ENDS IN' },
  { title: 'ADDRESS', shrinks: true },
  { title: 'AGENT', shrinks: true },
]

export async function list(search: Search, task: Task): Promise<number> {
  const { terminal } = search
  if (task.json && task.sortBy === 'handle') return listAsTheyCome(search, task)
  const { entries, more } = await collect(search, task, task.limit ?? (task.json ? Number.POSITIVE_INFINITY : DEFAULT_LIMIT))
  if (entries.length === 0) return nothing(terminal)
  if (task.json) for (const entry of entries) say(terminal, jsonOf(entry))
  else say(terminal, sessionTable(terminal, entries).join('\n'))
  if (more) note(terminal, `There are more than these ${entries.length}; --limit shows more.`)
  return 0
}

/** However many there are, none is kept. */
async function listAsTheyCome(search: Search, { filters, limit }: Task): Promise<number> {
  let count = 0
  for await (const entry of matching(search, filters)) {
    say(search.terminal, jsonOf(entry))
    count += 1
    if (count === limit) break
  }
  search.progress.clear()
  return count === 0 ? nothing(search.terminal) : 0
}

export async function show(search: Search, { filters, json }: Task): Promise<number> {
  const { terminal } = search
  let count = 0
  for await (const entry of matching(search, filters)) {
    if (json) say(terminal, jsonOf(entry))
    else say(terminal, `${count === 0 ? '' : '\n'}${details(terminal, entry).join('\n')}`)
    count += 1
  }
  if (count < filters.handles.length) note(terminal, `No such session: ${filters.handles.length - count} of ${filters.handles.length}.`)
  return count < filters.handles.length ? 1 : 0
}

export function nothing(terminal: Terminal): number {
  note(terminal, 'No session matches.')
  return 1
}

export function sessionTable(terminal: Terminal, entries: readonly SessionEntry[]): string[] {
  return titled(terminal, table(COLUMNS, entries.map(row), widthOf(terminal.out)))
}

export function titled(terminal: Terminal, [title = '', ...lines]: readonly string[]): string[] {
  return [bold(terminal, title), ...lines]
}

function row({ handle, facts, now, expiresAt }: SessionEntry): string[] {
  const ends = Math.min(expiresAt, facts.notice?.endsAt ?? expiresAt)
  return [
    handle,
    facts.indexes[USER_INDEX] ?? '-',
    ago(now - facts.createdAt),
    ago(now - facts.seenAt),
    span(ends - now),
    facts.address || '-',
    facts.agent || '-',
  ]
}

function details(terminal: Terminal, { handle, facts, now, expiresAt }: SessionEntry): string[] {
  const when = (time: number): string => `${moment(new Date(time))} (${ago(now - time)})`
  const until = (time: number): string => `${moment(new Date(time))} (in ${span(time - now)})`
  const { [USER_INDEX]: user, ...indexes } = facts.indexes
  const rows: [string, string][] = [
    ['session', handle],
    ['user', user ?? '-'],
    ...Object.entries(indexes).map(([name, value]): [string, string] => [`index ${name}`, value]),
    ['created', when(facts.createdAt)],
    ['signed in', facts.authenticatedAt === null ? '-' : when(facts.authenticatedAt)],
    ['last seen', when(facts.seenAt)],
    ['expires', until(expiresAt)],
    ['remembered', facts.persistent ? 'yes' : 'no'],
    ['address', facts.address || '-'],
    ['agent', facts.agent || '-'],
  ]
  if (facts.notice !== undefined) rows.push(['ends', until(facts.notice.endsAt)], ['message', facts.notice.message || '-'])
  const names = rows.map(([name]) => printable(name, 64))
  const width = Math.max(...names.map((name) => name.length))
  return rows.map(([, value], n) => `${bold(terminal, (names[n] ?? '').padEnd(width))}  ${printable(value, 1000)}`)
}
