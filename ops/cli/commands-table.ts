// Every command and option, once: the parser and the help read it.

export type CommandName = 'list' | 'show' | 'kill' | 'cleanup' | 'stats' | 'analyze'

export type OptionName = keyof typeof OPTIONS

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  /** What stands for the value in the help. */
  readonly value?: string
  readonly text: string
}

export const OPTIONS = {
  store: { type: 'string', value: 'URL', text: 'name or URL of the store; default: SESSION_STORE, else REDIS_URL' },
  ns: { type: 'string', value: 'PREFIX', text: "what the store's keys begin with, as in the option ns; default sess:" },
  'session-id': { type: 'string', multiple: true, value: 'HANDLE', text: 'this session; may be said several times' },
  user: { type: 'string', value: 'ID', text: 'sessions of this user' },
  'idle-longer-than': { type: 'string', value: 'SPAN', text: 'that nobody has used for so long: 30m, 12h, 7d' },
  'min-duration': { type: 'string', value: 'SPAN', text: 'that were created so long ago' },
  'sort-by': { type: 'string', value: 'KEY', text: 'age (oldest first), idle (longest unused first) or handle' },
  limit: { type: 'string', value: 'N', text: 'at most so many' },
  graceful: { type: 'boolean', text: 'warn their users first; the sessions end in a while' },
  'warning-seconds': { type: 'string', value: 'N', text: 'with --graceful: in so many seconds; default 60' },
  message: { type: 'string', value: 'TEXT', text: 'with --graceful: what their users are told' },
  'dry-run': { type: 'boolean', text: 'only say what would be ended' },
  yes: { type: 'boolean', text: 'do not ask' },
  json: { type: 'boolean', text: 'JSON instead of text' },
  help: { type: 'boolean', text: 'this text' },
  version: { type: 'boolean', text: 'the version of the package' },
} as const satisfies Readonly<Record<string, OptionSpec>>

export interface CommandSpec {
  readonly usage: string
  readonly text: string
  /** Beside those that every command takes. */
  readonly options: readonly OptionName[]
  /** Whether handles may stand on the command line as they are. */
  readonly handles: boolean
  readonly examples: readonly string[]
}

export const COMMON: readonly OptionName[] = ['store', 'ns', 'json', 'help', 'version']

const WHICH: readonly OptionName[] = ['session-id', 'user', 'idle-longer-than', 'min-duration', 'sort-by', 'limit']

export const COMMANDS: Readonly<Record<CommandName, CommandSpec>> = {
  list: {
    usage: 'list [options]',
    text: 'Shows sessions, 100 unless --limit says otherwise; with --json one object per line, all of them.',
    options: WHICH,
    handles: false,
    examples: ['list --sort-by age --limit 20', 'list --user 42', 'list --idle-longer-than 30m --json | jq -r .handle'],
  },
  show: {
    usage: 'show HANDLE… [options]',
    text: 'Shows all that is known of a session, and nothing that works as a cookie.',
    options: ['session-id'],
    handles: true,
    examples: ['show Zk3vq0d1mW7m2C9JxQm5Tg'],
  },
  kill: {
    usage: 'kill HANDLE… | --user ID | filters [options]',
    text: 'Ends sessions. Shows and asks first if there are several. What came back into use meanwhile is spared.',
    options: [...WHICH, 'graceful', 'warning-seconds', 'message', 'dry-run', 'yes'],
    handles: true,
    examples: [
      'kill Zk3vq0d1mW7m2C9JxQm5Tg',
      'kill --user 42 --yes',
      "kill --min-duration 24h --graceful --warning-seconds 60 --message 'We are moving.'",
    ],
  },
  cleanup: {
    usage: 'cleanup --idle-longer-than SPAN [options]',
    text: 'Ends the sessions that nobody has used for so long. Nothing to end is a success.',
    options: [...WHICH.filter((name) => name !== 'session-id'), 'dry-run', 'yes'],
    handles: false,
    examples: ['cleanup --idle-longer-than 7d --dry-run', 'cleanup --idle-longer-than 7d --yes'],
  },
  stats: {
    usage: 'stats [options]',
    text: 'Counts: sessions, those signed in, users, sessions per user, mean age, the oldest.',
    options: [],
    handles: false,
    examples: ['stats', 'stats --json'],
  },
  analyze: {
    usage: 'analyze [options]',
    text: 'Distributions: ages, idle times, the users, agents and addresses with the most sessions, and what is unusual. Nothing leaves this machine.',
    options: ['user', 'idle-longer-than', 'min-duration', 'limit'],
    handles: false,
    examples: ['analyze', 'analyze --idle-longer-than 1d --limit 20'],
  },
}

export function optionsOf(command: CommandName): readonly OptionName[] {
  return [...COMMANDS[command].options, ...COMMON]
}
