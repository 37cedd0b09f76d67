// A bar on standard error, for people who wait: only on a terminal, and only for what takes longer than a second.
import type { Terminal } from './terminal.js'

const SILENT_MS = 1000
const REDRAW_MS = 100
const PLACES = 30
const BLOCK = 6

interface Whole {
  readonly total?: number
  readonly share?: number
}

export class Progress {
  readonly #terminal: Terminal
  readonly #verb: string
  readonly #clock: () => number
  readonly #began: number
  readonly #shown: boolean
  #drawn = 0
  #done = 0
  #share = 0

  /** `quiet`: what is written to the same terminal meanwhile would be torn apart. */
  constructor(terminal: Terminal, verb: string, { quiet = false, clock = Date.now }: { quiet?: boolean; clock?: () => number } = {}) {
    this.#terminal = terminal
    this.#verb = verb
    this.#clock = clock
    this.#began = clock()
    this.#shown = terminal.err.isTTY === true && terminal.env['TERM'] !== 'dumb' && !quiet
  }

  /** `share`: of all that is to be done, where their number is not known. Without both the bar only shows that something moves. */
  add(count: number, { total, share = 0 }: Whole = {}): void {
    this.#done += count
    this.#share += share
    const now = this.#clock()
    if (!this.#shown || now - this.#began < SILENT_MS || now - this.#drawn < REDRAW_MS) return
    this.#drawn = now
    const part = total === undefined ? this.#share : this.#done / total
    const bar = part === 0 ? moving(now - this.#began) : filled(part)
    const number = this.#done.toLocaleString('en-US')
    const of = total === undefined ? '' : ` of ${total.toLocaleString('en-US')}`
    this.#terminal.err.write(`\r[${bar}] ${this.#verb} ${number}${of} sessions\x1b[K`)
  }

  /** What comes next begins on an empty line. */
  clear(): void {
    if (this.#drawn !== 0) this.#terminal.err.write('\r\x1b[K')
    this.#drawn = 0
  }
}

function filled(part: number): string {
  return '#'.repeat(Math.floor(Math.min(1, part) * PLACES)).padEnd(PLACES, '.')
}

/** There and back again. */
function moving(ms: number): string {
  const ways = PLACES - BLOCK
  const step = Math.floor(ms / REDRAW_MS) % (2 * ways)
  return ('.'.repeat(step < ways ? step : 2 * ways - step) + '#'.repeat(BLOCK)).padEnd(PLACES, '.')
}
