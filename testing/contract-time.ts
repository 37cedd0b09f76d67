// The clock of the store contract: moved where the store lets it, else really waited for.
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

/** How often a rule is asked while the machine stands still. */
const ATTEMPTS = 4

export class SuiteTime implements ContractTime {
  readonly #advance: StoreClock['advance']
  readonly #granularityMs: number
  #unitMs: number
  #waitedMs = 0

  constructor({ advance, granularityMs = 100 }: StoreClock) {
    this.#advance = advance
    this.#granularityMs = granularityMs
    this.#unitMs = granularityMs
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

  async pass(ms: number): Promise<void> {
    if (this.#advance !== undefined) return void (await this.#advance(ms))
    this.#waitedMs += ms
    await new Promise((resolve) => setTimeout(resolve, ms))
  }

  /**
   * A rule that fails although it waited no longer than it wanted is broken; one that was held up has measured nothing, and is asked again, with
   * spans twice as long.
   */
  async measured(rule: () => Promise<void>): Promise<void> {
    this.#unitMs = this.#granularityMs
    for (let attempt = 1; ; attempt++) {
      const began = performance.now()
      this.#waitedMs = 0
      try {
        await rule()
        return
      } catch (error) {
        const heldUpMs = performance.now() - began - this.#waitedMs
        if (this.#waitedMs === 0 || heldUpMs <= this.toleranceMs || attempt === ATTEMPTS) throw error
        this.#unitMs *= 2
      }
    }
  }
}
