// What `--help` says.
import { COMMANDS, COMMON, type CommandName, OPTIONS, type OptionName, type OptionSpec, optionsOf } from './commands-table.js'
import { table } from './table.js'

const EXIT_CODES: readonly string[][] = [
  ['0', 'done'],
  ['1', 'nothing found, the answer was no, or something failed'],
  ['2', 'wrong usage, or a store that cannot list its sessions; nothing was done'],
  ['3', 'the store cannot be reached, or does not answer'],
  ['130', 'interrupted by Ctrl-C'],
]

const STORE_NOTE = [
  'The store is that of the application: redis://host:6379, or another name or URL that the option store takes, if that store has an index.',
  'Put an address with a password into SESSION_STORE, since other users of the machine can read the command line. The driver (npm install redis)',
  "is found if you run this in the application's folder.",
]

export function generalHelp(version: string): string {
  const names = Object.keys(COMMANDS) as CommandName[]
  return page([
    [`steady-session ${version}: looks after the sessions in a store.`],
    ['Usage: steady-session COMMAND [options]'],
    ['Commands:', ...indented(names.map((name) => [name, COMMANDS[name].text]))],
    ['Options of every command:', ...described(COMMON)],
    ['Examples:', ...names.flatMap((name) => COMMANDS[name].examples.slice(0, 1).map(example)), '  steady-session kill --help'],
    STORE_NOTE,
    ['Exit codes:', ...indented(EXIT_CODES)],
  ])
}

export function commandHelp(name: CommandName): string {
  const { usage, text, examples } = COMMANDS[name]
  return page([
    [`Usage: steady-session ${usage}`],
    [text],
    ['Options:', ...described(optionsOf(name))],
    ['Examples:', ...examples.map(example)],
    ['Exit codes:', ...indented(EXIT_CODES)],
  ])
}

function example(line: string): string {
  return `  steady-session ${line}`
}

function described(names: readonly OptionName[]): string[] {
  return indented(
    names.map((name) => {
      const { value, text }: OptionSpec = OPTIONS[name]
      return [value === undefined ? `--${name}` : `--${name} ${value}`, text]
    }),
  )
}

function indented(rows: readonly (readonly string[])[]): string[] {
  const [, ...lines] = table([{ title: '' }, { title: '' }], rows, Number.POSITIVE_INFINITY)
  return lines.map((line) => `  ${line}`)
}

function page(parts: readonly (readonly string[])[]): string {
  return parts.map((lines) => `${lines.join('\n')}\n`).join('\n')
}
