// Columns that are as wide as they must be and no wider than the terminal lets them.
import { printable } from '../audit/printable.js'

export interface Column {
  readonly title: string
  readonly right?: boolean
  /** Whether it may be cut when the terminal is narrow. What people copy may not. */
  readonly shrinks?: boolean
}

const GAP = '  '
/** A column that is cut further says nothing any more. */
const LEAST = 8
const MOST = 256
/** East Asian wide and fullwidth characters (UAX 11), and emoji: two places each. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const WITHOUT_WIDTH = /[\p{Mn}\p{Me}]/u

/** Every cell may be hostile. The first line holds the titles; no line ends in blanks. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map((cell) => printable(cell, MOST)))]
  const widths = fitted(
    columns,
    columns.map((_, n) => Math.max(...cells.map((row) => widthOf(row[n] ?? '')))),
    width,
  )
  const line = (row: readonly string[]): string =>
    columns.map((column, n) => padded(cut(row[n] ?? '', widths[n] ?? 0), widths[n] ?? 0, column.right === true)).join(GAP)
  return cells.map((row) => line(row).trimEnd())
}

/** The widest that may shrink gives first. */
function fitted(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural]
  const total = (): number => widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1)
  while (total() > width) {
    const able = widths.map((each, n) => (columns[n]?.shrinks === true ? each : 0))
    const widest = Math.max(...able)
    if (widest <= LEAST) break
    widths[able.indexOf(widest)] = widest - 1
  }
  return widths
}

/** Places on the terminal, not characters. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += placesOf(character)
  return width
}

export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let [short, used] = ['', 0]
  for (const character of text) {
    used += placesOf(character)
    if (used > width - 1) break
    short += character
  }
  return `${short}…`
}

function placesOf(character: string): number {
  if (character < '\u0300') return 1
  return WITHOUT_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1
}

function padded(text: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)))
  return right ? blanks + text : text + blanks
}
