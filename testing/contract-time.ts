// The clock of the store contract: moved where the store lets it, else really waited for.
import { AsyncLocalStorage } from 'node:async_hooks'
import { performance } from 'node:perf_hooks'
import type { MaybePromise } from '../lib/store.js'

export interface StoreClock {
  /** Moves the store's clock. Without it the suite really waits. */
  readonly advance?: (ms: number) => MaybePromise<unknown>
  /** How exactly the store keeps time: 1000 if it knows whole seconds only. Spans grow with it. */
  readonly granularityMs?: number
}

/** Spans of time, as short as the store's clock allows. `earlyMs + restMs` is `lateMs`. */
export interface ContractTime {
  /** A clock of this length … */
  readonly spanMs: number
  /** … has certainly not run out after this, */
  readonly earlyMs: number
  /** nor after this; */
  readonly restMs: number
  /** after this it certainly has. */
  readonly lateMs: number
  readonly toleranceMs: number
  readonly pass: (ms: number) => Promise<void>
}

/** How often a rule is asked again while the machine stands still. */
const REPEATS = 3

/** What one rule counts, however many others run at the same time. */
interface Run {
  readonly unitMs: number
  waitedMs: number
}

export class SuiteTime implements ContractTime {
  readonly #advance: StoreClock['advance']
  readonly #granularityMs: number
  readonly #run: AsyncLocalStorage<Run> = new AsyncLocalStorage()

  constructor({ advance, granularityMs = 100 }: StoreClock) {
    this.#advance = advance
    this.#granularityMs = granularityMs
  }

  get spanMs(): number {
    return 5 * this.#unitMs
  }

  get earlyMs(): number {
    return 3 * this.#unitMs
  }

  get restMs(): number {
    return 3.5 * this.#unitMs
  }

  get lateMs(): number {
    return 6.5 * this.#unitMs
  }

  get toleranceMs(): number {
    return this.#unitMs
  }

  get #unitMs(): number {
    return this.#run.getStore()?.unitMs ?? this.#granularityMs
  }

  async pass(ms: number): Promise<void> {
    if (this.#advance !== undefined) return void (await this.#advance(ms))
    const run = this.#run.getStore()
    if (run !== undefined) run.waitedMs += ms
    await new Promise((resolve) => setTimeout(resolve, ms))
  }

  /**
   * A rule that fails although it waited no longer than it wanted is broken; one that was held up has measured nothing, and is asked again, with
   * spans twice as long.
   */
  async measured(rule: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const run: Run = { unitMs: this.#granularityMs * 2 ** attempt, waitedMs: 0 }
      const began = performance.now()
      try {
        return await this.#run.run(run, rule)
      } catch (error) {
        const heldUpMs = performance.now() - began - run.waitedMs
        if (run.waitedMs === 0 || heldUpMs <= run.unitMs || attempt === REPEATS) throw error
      }
    }
  }
}
