// One command line, from its words to its exit code.
import { hasCode } from '../../lib/errors.js'
import { printable } from '../audit/printable.js'
import { analyze } from './analyze.js'
import { type Parsed, parse, type Task } from './arguments.js'
import type { CommandName } from './commands-table.js'
import { end } from './ending.js'
import type { Search } from './finding.js'
import { commandHelp, generalHelp } from './help.js'
import { type OpenSessions, openSessions, withStore } from './link.js'
import { list, show } from './list.js'
import { Progress } from './progress.js'
import { stats } from './stats.js'
import { InterruptedError, messageOf, note, type Terminal, UsageError } from './terminal.js'

const FAILED = 1
const WRONG_USAGE = 2
const UNREACHABLE = 3
const INTERRUPTED = 130

const WORK: Readonly<Record<CommandName, (search: Search, task: Task) => Promise<number>>> = {
  list,
  show,
  kill: end,
  cleanup: end,
  stats,
  analyze,
}

/** Resolves to the exit code; never rejects. */
export async function run(args: readonly string[], terminal: Terminal, open: OpenSessions = openSessions): Promise<number> {
  try {
    const parsed = parse(args, terminal.env)
    return parsed.show === 'task' ? await perform(terminal, parsed.task, open) : explain(terminal, parsed)
  } catch (error) {
    return failed(terminal, error)
  }
}

function explain(terminal: Terminal, parsed: Exclude<Parsed, { show: 'task' }>): number {
  if (parsed.show === 'version') {
    terminal.out.write(`${terminal.version}\n`)
    return 0
  }
  const text = parsed.of === null ? generalHelp(terminal.version) : commandHelp(parsed.of)
  // Who asked for nothing did not ask for help either.
  if (parsed.asked) terminal.out.write(text)
  else terminal.err.write(text)
  return parsed.asked ? 0 : WRONG_USAGE
}

function perform(terminal: Terminal, task: Task, open: OpenSessions): Promise<number> {
  const streams = task.json && terminal.out.isTTY === true
  const progress = new Progress(terminal, 'looked at', { quiet: streams })
  return withStore(terminal, task, open, (link) => WORK[task.command]({ link, terminal, progress }, task)).finally(() => progress.clear())
}

function failed(terminal: Terminal, error: unknown): number {
  if (error instanceof InterruptedError) {
    note(terminal, 'Interrupted.')
    return INTERRUPTED
  }
  const usage = error instanceof UsageError || hasCode(error, 'ERR_SESSION_UNSUPPORTED')
  note(terminal, `steady-session: ${printable(messageOf(error), 500)}${usage ? '; see --help' : ''}`)
  return usage ? WRONG_USAGE : hasCode(error, 'ERR_SESSION_STORE') ? UNREACHABLE : FAILED
}
