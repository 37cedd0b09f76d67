// Between the requests and the sink: nothing waits for a line, no sink is written to within a request, and memory is bounded. What the
// sink did not take is counted, and said in a later line.
import { setImmediate as turn } from 'node:timers/promises'
import { printable } from './printable.js'
import type { AuditRecord } from './record.js'
import type { Sink } from './sinks.js'

/** Lines that are written before other work gets its turn. */
const LINES_PER_TURN = 100

type Lost = 'queue' | 'sink'

export class LineQueue {
  readonly #sink: Sink
  readonly #max: number
  readonly #warn: (message: string) => void
  readonly #lost: Record<Lost, number> = { queue: 0, sink: 0 }
  #waiting: AuditRecord[] = []
  #writing: Promise<void> | null = null

  constructor(sink: Sink, max: number, warn: (message: string) => void) {
    this.#sink = sink
    this.#max = max
    this.#warn = warn
    sink.onLost?.((error) => this.#lose('sink', error))
  }

  push(record: AuditRecord): void {
    if (this.#waiting.length >= this.#max) return this.#lose('queue', new Error(`${this.#max} lines wait for the sink`))
    this.#waiting.push(record)
    this.#write()
  }

  /** Resolves when everything was written or lost, however long it takes. */
  async written(): Promise<void> {
    this.#write()
    while (this.#writing !== null) await this.#writing
  }

  /** What still waits is lost. */
  abandon(error: unknown): void {
    const count = this.#waiting.length
    this.#waiting = []
    if (count > 0) this.#lose('queue', error)
  }

  #write(): void {
    if (this.#writing !== null || (this.#waiting.length === 0 && !this.#hasLost())) return
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = null
      // One may have come between the last look and now.
      if (this.#waiting.length > 0) this.#write()
    })
  }

  async #writeAll(): Promise<void> {
    do {
      await turn()
      await this.#tellLost()
      const lines = Math.min(LINES_PER_TURN, this.#waiting.length)
      for (let line = 0; line < lines; line++) {
        const record = this.#waiting.shift()
        if (record !== undefined) await this.#deliver(record)
      }
    } while (this.#waiting.length > 0)
  }

  /** Whether the sink took it. */
  async #deliver(record: AuditRecord): Promise<boolean> {
    try {
      await this.#sink.write(record)
      return true
    } catch (error) {
      this.#lose('sink', error)
      return false
    }
  }

  async #tellLost(): Promise<void> {
    for (const reason of ['queue', 'sink'] as const) {
      const count = this.#lost[reason]
      if (count === 0) continue
      this.#lost[reason] = 0
      if (await this.#deliver(dropped(reason, count))) continue
      // The report itself is no line that anybody misses.
      this.#lost.sink -= 1
      this.#lost[reason] += count
    }
  }

  #hasLost(): boolean {
    return this.#lost.queue + this.#lost.sink > 0
  }

  #lose(reason: Lost, error: unknown): void {
    this.#lost[reason] += 1
    this.#warn(`audit: lines are lost: ${printable(error instanceof Error ? error.message : error, 200)}`)
  }
}

function dropped(reason: Lost, count: number): AuditRecord {
  const time = new Date().toISOString()
  return { level: 'error', time, event: 'dropped', reason, handle: null, user: null, address: null, agent: null, count }
}
