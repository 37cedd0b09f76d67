// Time as a program that runs sees it: what the machine takes away by letting this process stand still is no wait of the program.
import { performance } from 'node:perf_hooks'

const BEAT_MS = 5

export class Stopwatch {
  readonly #began = performance.now()
  readonly #timer: NodeJS.Timeout
  #last = this.#began
  #stoodStillMs = 0

  constructor() {
    this.#timer = setInterval(() => this.#beat(), BEAT_MS).unref()
  }

  /** Milliseconds so far, without those in which the event loop did not come round. */
  elapsed(): number {
    this.#beat()
    return performance.now() - this.#began - this.#stoodStillMs
  }

  /** The same, at the end. */
  stop(): number {
    const elapsed = this.elapsed()
    clearInterval(this.#timer)
    return elapsed
  }

  #beat(): void {
    const now = performance.now()
    this.#stoodStillMs += Math.max(0, now - this.#last - BEAT_MS)
    this.#last = now
  }
}
