import { describe, expect, test } from '@jest/globals'
import { Progress } from '../../ops/cli/progress.js'
import { table, widthOf } from '../../ops/cli/table.js'
import { ago, moment, span } from '../../ops/cli/times.js'
import { terminalOf } from './kit.js'

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000]

describe('a span of time', () => {
  test.each([
    [0, '0s'],
    [999, '0s'],
    [45 * SECOND, '45s'],
    [90 * SECOND, '1m 30s'],
    [2 * HOUR + 15 * MINUTE + 59 * SECOND, '2h 15m'],
    [3 * HOUR, '3h'],
    [5 * DAY + 4 * HOUR, '5d 4h'],
    [DAY + MINUTE, '1d'],
    [400 * DAY, '400d'],
  ])('of %d ms is its two largest units: %s', (ms, text) => expect(span(ms)).toBe(text))

  test('that has passed is never in the future', () => {
    expect([ago(-5000), ago(0), ago(8_130_000)]).toEqual(['just now', 'just now', '2h 15m ago'])
  })

  test('ends at a moment that reads the same everywhere', () => {
    expect(moment(new Date(Date.UTC(2026, 10, 22, 10, 0, 5, 123)))).toBe('2026-11-22 10:00:05 UTC')
  })
})

describe('a table', () => {
  const columns = [{ title: 'ID' }, { title: 'COUNT', right: true }, { title: 'AGENT', shrinks: true }]

  test('aligns its columns and ends no line in blanks', () => {
    expect(
      table(
        columns,
        [
          ['a', '7', 'x'],
          ['bcd', '1234567', ''],
        ],
        80,
      ),
    ).toEqual(['ID     COUNT  AGENT', 'a          7  x', 'bcd  1234567'])
  })

  test('is no wider than the terminal: the widest column that may be cut gives first', () => {
    const lines = table(columns, [['abcdefghijklmnopqrstuv', '7', 'y'.repeat(200)]], 60)
    expect(lines.map(widthOf).every((width) => width <= 60)).toBe(true)
    expect(lines[1]).toMatch(/^abcdefghijklmnopqrstuv +7 {2}y+…$/)
  })

  test('never cuts what people copy, however narrow the terminal', () => {
    expect(table(columns, [['abcdefghijklmnopqrstuv', '7', 'yyyyyyyyyyyyyyy']], 10)[1]).toBe('abcdefghijklmnopqrstuv      7  yyyyyyy…')
  })

  test('shows hostile text as text: no control, no escape sequence, no change of direction', () => {
    const [, line = ''] = table([{ title: 'AGENT' }], [['\x1b[2J\x9b31m\r\n\u202egnp.exe\u2028\u200b']], 200)
    expect(line).toBe('\\u{1b}[2J\\u{9b}31m\\u{d}\\u{a}\\u{202e}gnp.exe\\u{2028}\\u{200b}')
  })

  test('counts places: wide characters take two, combining ones none', () => {
    expect([widthOf('abc'), widthOf('日本'), widthOf('e\u0301'), widthOf('🙂')]).toEqual([3, 4, 1, 2])
    expect(table([{ title: 'A', shrinks: true }, { title: 'B' }], [['日本語日本語', 'x']], 12)[1]).toBe('日本語日…  x')
  })
})

describe('the progress bar', () => {
  function bar(options: { columns?: number; env?: Record<string, string>; quiet?: boolean }) {
    const { terminal, said } = terminalOf(options)
    const clock = { now: 1000 }
    const progress = new Progress(terminal, 'met', { quiet: options.quiet ?? false, clock: () => clock.now })
    return { progress, said, clock }
  }

  test('does not show for what takes less than a second', () => {
    const { progress, said, clock } = bar({ columns: 80 })
    clock.now += 999
    progress.add(100)
    progress.clear()
    expect(said).toEqual({ out: '', err: '' })
  })

  test('moves on standard error, and leaves an empty line', () => {
    const { progress, said, clock } = bar({ columns: 80 })
    clock.now += 1000
    progress.add(1234)
    expect(said).toEqual({ out: '', err: '\r[..........######..............] met 1,234 sessions\x1b[K' })
    progress.clear()
    expect(said.err.endsWith('\r\x1b[K')).toBe(true)
  })

  test('shows how much is done where the whole is known', () => {
    const { progress, said, clock } = bar({ columns: 80 })
    clock.now += 1500
    progress.add(50, { total: 200 })
    expect(said.err).toBe('\r[#######.......................] met 50 of 200 sessions\x1b[K')
  })

  test('fills by the share that was looked at where the number is not known, and never overflows', () => {
    const { progress, said, clock } = bar({ columns: 80 })
    clock.now += 1500
    progress.add(50, { share: 0.5 })
    expect(said.err).toBe('\r[###############...............] met 50 sessions\x1b[K')
    clock.now += 1500
    progress.add(50, { share: 0.6 })
    expect(said.err.endsWith('\r[##############################] met 100 sessions\x1b[K')).toBe(true)
  })

  test.each([
    ['no terminal', {}],
    ['a dumb terminal', { columns: 80, env: { TERM: 'dumb' } }],
    ['a result that comes meanwhile', { columns: 80, quiet: true }],
  ])('stays away with %s', (_, options) => {
    const { progress, said, clock } = bar(options)
    clock.now += 5000
    progress.add(100)
    progress.clear()
    expect(said.err).toBe('')
  })
})
