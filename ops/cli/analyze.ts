// `analyze`: the distributions as tables.
import { type Analysis, type Bucket, Tally, type Top, UNUSUAL, type Unusual } from './analysis.js'
import type { Task } from './arguments.js'
import { json, matching, type Search } from './finding.js'
import { titled } from './list.js'
import { table } from './table.js'
import { say, type Terminal, widthOf } from './terminal.js'

const DEFAULT_TOP = 10
const BAR = 30

const SENTENCES: Readonly<Record<Unusual['what'], (count: number) => string>> = {
  userWithManySessions: (count) => `a user with ${count} sessions`,
  userWithManyAddresses: (count) => `a user at ${count} addresses`,
  addressWithManyUsers: (count) => `an address with ${count} users`,
}

export async function analyze(search: Search, task: Task): Promise<number> {
  const tally = new Tally()
  for await (const entry of matching(search, task.filters)) tally.add(entry)
  search.progress.clear()
  const analysis = tally.result(task.limit ?? DEFAULT_TOP)
  if (task.json) say(search.terminal, json(analysis))
  else for (const part of parts(search.terminal, analysis)) say(search.terminal, part)
  return 0
}

function parts(terminal: Terminal, analysis: Analysis): string[] {
  const { sessions, signedIn, users } = analysis
  const tables = [
    buckets(terminal, 'AGE', analysis.age, sessions),
    buckets(terminal, 'IDLE FOR', analysis.idle, sessions),
    tops(terminal, 'USER', analysis.topUsers),
    tops(terminal, 'ADDRESS', analysis.topAddresses),
    tops(terminal, 'AGENT', analysis.topAgents),
    unusual(terminal, analysis.unusual),
  ]
  return [`${sessions} sessions, ${signedIn} signed in, ${users} users`, ...tables.map((lines) => `\n${lines.join('\n')}`)]
}

function buckets(terminal: Terminal, title: string, all: readonly Bucket[], sessions: number): string[] {
  const rows = all.map(({ label, count }) => [label, String(count), '#'.repeat(sessions === 0 ? 0 : Math.ceil((count / sessions) * BAR))])
  const columns = [{ title: title.padEnd(9) }, { title: 'SESSIONS', right: true }, { title: '', shrinks: true }]
  return titled(terminal, table(columns, rows, widthOf(terminal.out)))
}

function tops(terminal: Terminal, title: string, all: readonly Top[]): string[] {
  const rows = all.map(({ of, sessions }) => [String(sessions), of ?? '(unknown)'])
  return titled(
    terminal,
    table(
      [
        { title: 'SESSIONS', right: true },
        { title, shrinks: true },
      ],
      rows,
      widthOf(terminal.out),
    ),
  )
}

function unusual(terminal: Terminal, all: readonly Unusual[]): string[] {
  if (all.length === 0) {
    const { userWithManySessions, userWithManyAddresses, addressWithManyUsers } = UNUSUAL
    return [
      `Nothing unusual: no user has ${userWithManySessions} sessions or ${userWithManyAddresses} addresses, no address ${addressWithManyUsers} users.`,
    ]
  }
  const rows = all.map(({ what, of, count }) => [of, SENTENCES[what](count)])
  return titled(terminal, table([{ title: 'UNUSUAL', shrinks: true }, { title: '' }], rows, widthOf(terminal.out)))
}
