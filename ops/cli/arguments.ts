// From the command line to what is asked for. Throws a `UsageError` that says what to write instead, and repeats nothing that may be a secret.
import { parseArgs } from 'node:util'
import { durationMs } from '../../lib/durations.js'
import { isHandle } from '../../lib/token.js'
import { COMMANDS, type CommandName, OPTIONS, type OptionName, optionsOf } from './commands-table.js'
import { messageOf, UsageError } from './terminal.js'

/** Which sessions. */
export interface Filters {
  /** Empty: whichever. */
  readonly handles: readonly string[]
  readonly user: string | null
  readonly idleMs: number
  readonly ageMs: number
}

export type SortKey = 'handle' | 'age' | 'idle'

export interface Task {
  readonly command: CommandName
  readonly store: string
  readonly ns: string | undefined
  readonly filters: Filters
  readonly sortBy: SortKey
  /** `null`: none was named. */
  readonly limit: number | null
  /** `null`: they end at once. */
  readonly warning: { readonly seconds: number; readonly message: string } | null
  readonly dryRun: boolean
  readonly yes: boolean
  readonly json: boolean
}

/** `null`: help in general. */
export type Parsed =
  | { readonly show: 'help'; readonly of: CommandName | null; readonly asked: boolean }
  | { readonly show: 'version' }
  | { readonly show: 'task'; readonly task: Task }

type Values = Partial<Readonly<Record<OptionName, unknown>>>

/** As the manager has it. */
const MAX_MESSAGE = 500

const SORTS: readonly SortKey[] = ['handle', 'age', 'idle']

export function parse(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Parsed {
  const { own, dashed } = withoutDashedHandles(args)
  const { values, positionals } = parsed(own)
  if (values.version === true) return { show: 'version' }
  const [first, ...rest] = positionals
  if (first === undefined) return { show: 'help', of: null, asked: values.help === true }
  const command = commandOf(first)
  if (values.help === true) return { show: 'help', of: command, asked: true }
  assertTaken(command, values)
  const positional = [...rest, ...dashed]
  if (positional.length > 0 && !COMMANDS[command].handles) throw new UsageError(`${command} takes no further words; name options with --`)
  const handles = [...positional, ...((values['session-id'] ?? []) as string[])]
  if (!handles.every(isHandle))
    throw new UsageError('that is no handle: it has 22 letters, digits, - or _, as list shows it; never a whole cookie')
  const task = taskOf(command, handles, values, env)
  assertWhole(task)
  return { show: 'task', task }
}

/** A handle may begin with `-`, which would make it an option. */
function withoutDashedHandles(args: readonly string[]): { own: string[]; dashed: string[] } {
  const [own, dashed]: [string[], string[]] = [[], []]
  for (const arg of args) {
    if (!(arg.startsWith('-') && isHandle(arg))) own.push(arg)
    else if (own.at(-1) === '--session-id') own.push(`${own.pop()}=${arg}`)
    else dashed.push(arg)
  }
  return { own, dashed }
}

function parsed(args: string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true, strict: true })
  } catch (error) {
    const told = messageOf(error)
    // The rest advises to quote what begins with a dash.
    throw new UsageError(told.split('\n')[0]?.replace(/\. To specify a positional.*$/, '') ?? 'wrong usage')
  }
}

function commandOf(word: string): CommandName {
  if (Object.hasOwn(COMMANDS, word)) return word as CommandName
  const shown = /^[a-z-]{1,20}$/.test(word) ? `'${word}'` : 'that'
  throw new UsageError(`${shown} is no command; there are ${Object.keys(COMMANDS).join(', ')}`)
}

function assertTaken(command: CommandName, values: Values): void {
  const known = optionsOf(command)
  for (const name of Object.keys(values) as OptionName[])
    if (!known.includes(name)) throw new UsageError(`${command} does not take --${name}`)
}

function taskOf(command: CommandName, handles: readonly string[], values: Values, env: Readonly<Record<string, string | undefined>>): Task {
  const text = (name: OptionName): string | undefined => values[name] as string | undefined
  const store = text('store') ?? (env['SESSION_STORE'] || env['REDIS_URL'])
  if (store === undefined || store === '') throw new UsageError('which store? Say --store redis://host:6379, or set SESSION_STORE')
  return {
    command,
    store,
    ns: text('ns'),
    filters: {
      handles: [...new Set(handles)],
      user: text('user') ?? null,
      idleMs: spanMs('--idle-longer-than', text('idle-longer-than')),
      ageMs: spanMs('--min-duration', text('min-duration')),
    },
    sortBy: sortKey(text('sort-by')),
    limit: number('--limit', text('limit')),
    warning: warningOf(values),
    dryRun: values['dry-run'] === true,
    yes: values.yes === true,
    json: values.json === true,
  }
}

/** What must not be left out, since it would stand for all sessions. */
function assertWhole({ command, filters: { handles, user, idleMs, ageMs } }: Task): void {
  if (command === 'show' && handles.length === 0) throw new UsageError('show which session? Name its handle, as list shows it')
  if (command === 'cleanup' && idleMs === 0) throw new UsageError('cleanup needs --idle-longer-than, such as 7d')
  if (command === 'kill' && handles.length === 0 && user === null && idleMs === 0 && ageMs === 0)
    throw new UsageError('kill which sessions? Name a handle, --user, --idle-longer-than or --min-duration')
}

function warningOf(values: Values): Task['warning'] {
  const { graceful, message, 'warning-seconds': given } = values
  if (typeof message === 'string' && message.length > MAX_MESSAGE) throw new UsageError(`--message: at most ${MAX_MESSAGE} characters`)
  if (graceful === true) return { seconds: number('--warning-seconds', given as string | undefined) ?? 60, message: String(message ?? '') }
  if (given !== undefined || message !== undefined) throw new UsageError('--warning-seconds and --message belong to --graceful')
  return null
}

function sortKey(given: string = 'handle'): SortKey {
  const key = SORTS.find((each) => each === given)
  if (key === undefined) throw new UsageError(`--sort-by: expected ${SORTS.join(', ')}`)
  return key
}

function number(option: string, given: string | undefined): number | null {
  if (given === undefined) return null
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given)
  throw new UsageError(`${option}: expected a positive whole number`)
}

function spanMs(option: string, given: string | undefined): number {
  if (given === undefined) return 0
  if (/^[\d.\s]+$/.test(given))
    throw new UsageError(`${option}: '${given.slice(0, 40)}' has no unit; write ${given.trim().slice(0, 40)}s, or 30m, 12h, 7d`)
  try {
    return durationMs(option, given)
  } catch {
    throw new UsageError(`${option}: expected a number with a unit, such as 30m, 12h or 7d`)
  }
}
