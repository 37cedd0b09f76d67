// `kill` and `cleanup`: show, ask, end.
import type { SessionEntry } from '../../lib/store.js'
import type { Task } from './arguments.js'
import { collect, find, json, matches, type Search } from './finding.js'
import { nothing, sessionTable } from './list.js'
import { Progress } from './progress.js'
import { ask, canAsk, note, say, UsageError } from './terminal.js'

/** Calls at once: requests of the application go between them. */
const BATCH = 20
/** Nobody reads more before answering. */
const SHOWN = 20
const INTERRUPTED = 130

interface Outcome {
  readonly ended: string[]
  /** Was no longer there. */
  gone: number
  /** Is no longer what was asked for: it was used, or its user changed, while the question waited. */
  spared: number
  /** What the store said no to. */
  failure: unknown
  interrupted: boolean
}

export async function end(search: Search, task: Task): Promise<number> {
  const { terminal } = search
  const { entries } = await collect(search, task, task.limit ?? Number.POSITIVE_INFINITY)
  if (entries.length === 0) {
    if (task.json) say(terminal, report(task, none()))
    if (task.command !== 'cleanup') return task.json ? 1 : nothing(terminal)
    if (!task.json) say(terminal, 'No session matches; nothing to end.')
    return 0
  }
  const asks = entries.length > 1 && !task.yes && !task.dryRun
  if (asks && !canAsk(terminal))
    throw new UsageError(`${counted(entries.length)} would end and there is no terminal to ask on; say --yes, or --dry-run to see them`)
  if (task.dryRun || asks) preview(search, task, entries)
  if (task.dryRun) return wouldEnd(search, task, entries)
  if (asks && !(await ask(terminal, question(task, entries.length)))) {
    note(terminal, 'Nothing was ended.')
    return 1
  }
  return tell(search, task, await endEach(search, task, entries))
}

function preview({ terminal }: Search, task: Task, entries: readonly SessionEntry[]): void {
  if (task.json && task.dryRun) return
  const print = task.json ? note : say
  print(terminal, sessionTable(terminal, entries.slice(0, SHOWN)).join('\n'))
  if (entries.length > SHOWN) print(terminal, `… and ${counted(entries.length - SHOWN)} more`)
}

function wouldEnd({ terminal }: Search, task: Task, entries: readonly SessionEntry[]): number {
  if (task.json) say(terminal, report(task, { ...none(), ended: entries.map(({ handle }) => handle) }))
  else say(terminal, `Would end ${counted(entries.length)}.`)
  return 0
}

function question({ warning }: Task, count: number): string {
  return warning === null ? `End ${counted(count)}?` : `Warn the users of ${counted(count)} and end them in ${warning.seconds}s?`
}

async function endEach({ link, terminal }: Search, task: Task, entries: readonly SessionEntry[]): Promise<Outcome> {
  const outcome = none()
  const progress = new Progress(terminal, 'ended')
  for (let first = 0; first < entries.length && outcome.failure === null; first += BATCH) {
    // What is under way is finished and counted.
    outcome.interrupted = terminal.interrupted.aborted
    if (outcome.interrupted) break
    const batch = entries.slice(first, first + BATCH)
    const settled = await Promise.allSettled(batch.map((entry) => endOne(link, task, entry.handle)))
    for (const [n, result] of settled.entries()) {
      if (result.status === 'rejected') outcome.failure ??= result.reason
      else if (result.value === 'ended') outcome.ended.push(batch[n]?.handle ?? '')
      else outcome[result.value] += 1
    }
    progress.add(batch.length, { total: entries.length })
  }
  progress.clear()
  return outcome
}

async function endOne(link: Search['link'], { filters, warning }: Task, handle: string): Promise<'ended' | 'gone' | 'spared'> {
  const entry = await find(link, handle)
  if (entry === null) return 'gone'
  if (!matches(entry, filters)) return 'spared'
  const was = await link.sessions.end(handle, warning === null ? undefined : { in: warning.seconds, message: warning.message })
  return was ? 'ended' : 'gone'
}

function tell({ terminal }: Search, task: Task, outcome: Outcome): number {
  const { ended, gone, spared, failure, interrupted } = outcome
  if (task.json) say(terminal, report(task, outcome))
  else {
    const { warning } = task
    say(terminal, warning === null ? `Ended ${counted(ended.length)}.` : `${counted(ended.length)} will end in ${warning.seconds}s.`)
    if (gone > 0) say(terminal, `${counted(gone)} had ended already.`)
    if (spared > 0) say(terminal, `${counted(spared)} changed meanwhile and stayed.`)
  }
  if (failure !== null) throw failure
  if (interrupted) note(terminal, 'Interrupted: the others stayed.')
  return interrupted ? INTERRUPTED : 0
}

function report({ dryRun, warning }: Task, { ended, gone, spared, interrupted }: Outcome): string {
  const inSeconds = warning === null ? {} : { inSeconds: warning.seconds }
  return json({ ended: ended.length, ...inSeconds, gone, spared, interrupted, dryRun, handles: ended })
}

function none(): Outcome {
  return { ended: [], gone: 0, spared: 0, failure: null, interrupted: false }
}

function counted(count: number): string {
  return `${count.toLocaleString('en-US')} session${count === 1 ? '' : 's'}`
}
