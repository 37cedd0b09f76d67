import { describe, expect, test } from '@jest/globals'
import { memoryStore } from '../../lib/index.js'
import { parse, type Task } from '../../ops/cli/arguments.js'
import { COMMANDS, type CommandName } from '../../ops/cli/commands-table.js'
import { commandHelp, generalHelp } from '../../ops/cli/help.js'
import { run } from '../../ops/cli/run.js'
import { onStore, terminalOf } from './kit.js'

const ENV = { SESSION_STORE: 'redis' }
const HANDLE = 'Zk3vq0d1mW7m2C9JxQm5Tg'
const DASHED = '-k3vq0d1mW7m2C9JxQm5Tg'

function task(...args: string[]): Task {
  const parsed = parse(args, ENV)
  if (parsed.show !== 'task') throw new Error(`shows ${parsed.show}`)
  return parsed.task
}

describe('the arguments', () => {
  test('name the store before the environment does, and SESSION_STORE goes before REDIS_URL', () => {
    expect(task('list', '--store', 'redis://a').store).toBe('redis://a')
    expect(task('list').store).toBe('redis')
    const both = parse(['list'], { SESSION_STORE: 'redis://a', REDIS_URL: 'redis://b' })
    expect(both).toMatchObject({ task: { store: 'redis://a' } })
    expect(parse(['list'], { SESSION_STORE: '', REDIS_URL: 'redis://b' })).toMatchObject({ task: { store: 'redis://b' } })
  })

  test('may stand before the command', () => {
    expect(task('--limit', '5', 'list', '--user', '42')).toMatchObject({ command: 'list', limit: 5, filters: { user: '42' } })
  })

  test('take spans of time with a unit, as everywhere in the package', () => {
    expect(task('kill', '--idle-longer-than', '30m', '--min-duration', '24h').filters).toMatchObject({
      idleMs: 1_800_000,
      ageMs: 86_400_000,
    })
  })

  test('name a handle that begins with a dash, by itself and after --session-id', () => {
    expect(task('kill', HANDLE, DASHED).filters.handles).toEqual([HANDLE, DASHED])
    expect(task('show', '--session-id', DASHED, DASHED).filters.handles).toEqual([DASHED])
  })

  test.each([
    [['frobnicate'], "'frobnicate' is no command"],
    [['list', 'more'], 'takes no further words'],
    [['list', '--yes'], 'list does not take --yes'],
    [['list', '--frobnicate'], "Unknown option '--frobnicate'"],
    [['list', '--user'], "Option '--user <value>' argument missing"],
    [['list', '--limit', '0'], '--limit: expected a positive whole number'],
    [['list', '--sort-by', 'size'], '--sort-by: expected handle, age, idle'],
    [['list', '--idle-longer-than', '3600'], "--idle-longer-than: '3600' has no unit; write 3600s"],
    [['list', '--min-duration', 'long'], '--min-duration: expected a number with a unit'],
    [['show'], 'show which session?'],
    [['cleanup'], 'cleanup needs --idle-longer-than'],
    [['kill'], 'kill which sessions?'],
    [['kill', '--limit', '5'], 'kill which sessions?'],
    [['kill', HANDLE, '--warning-seconds', '5'], 'belong to --graceful'],
    [['kill', HANDLE, '--graceful', '--message', 'x'.repeat(501)], '--message: at most 500 characters'],
    [['list', '--store', 'memory'], 'lives inside of one process'],
    [['list', '--store', 'nowhere://x'], "--store: 'nowhere://…' is unknown; known are"],
    [['list', '--store', 'cookie'], 'the cookie store cannot list its sessions'],
    [['list', '--store', 'redis://user:pass word@x:99999'], '--store: expected redis://host:port'],
  ])('are refused with exit code 2 and what is wrong: %j', async (args, problem) => {
    const { terminal, said } = terminalOf({ env: ENV })
    expect(await run(args, terminal)).toBe(2)
    expect(said.err).toContain(problem)
    expect(said.err).not.toMatch(/pass word/)
    expect(said.out).toBe('')
  })

  test('that hold a whole cookie are not repeated', async () => {
    const cookie = `s:${HANDLE}.verifier-of-the-session.signature`
    const said = await onStore(memoryStore(), ['kill', cookie])
    expect(said.code).toBe(2)
    expect(said.err).toContain('that is no handle')
    expect(said.err).not.toContain('verifier')
  })

  test('must name a store', () => {
    expect(() => parse(['list'], {})).toThrow('which store?')
  })
})

describe('the help', () => {
  test.each(Object.keys(COMMANDS) as CommandName[])('of %s has examples that the parser takes, and the exit codes', (name) => {
    expect(parse([name, '--help'], {})).toEqual({ show: 'help', of: name, asked: true })
    for (const line of COMMANDS[name].examples) {
      const words = line.replace(/ \|.*$/, '').match(/'[^']*'|\S+/g) ?? []
      expect(task(...words.map((word) => word.replaceAll("'", ''))).command).toBe(name)
    }
    expect(commandHelp(name)).toMatch(/^Usage: steady-session /)
    expect(commandHelp(name)).toContain('3    the store cannot be reached')
  })

  test('goes to standard output when it was asked for, else to standard error with exit code 2', async () => {
    const asked = await onStore(memoryStore(), ['--help'])
    expect(asked).toEqual({ code: 0, out: generalHelp('1.2.3'), err: '' })
    expect(await onStore(memoryStore(), [])).toEqual({ code: 2, out: '', err: generalHelp('1.2.3') })
  })

  test('has a version beside it', async () => {
    expect(await onStore(memoryStore(), ['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' })
  })
})
