// A store in trouble is left alone briefly, and never has more calls to answer than it can: no driver does that by itself.
import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { isUnknownOutcome, SessionStoreError } from './errors.js'

/** Timeouts or connection errors in a row after which the store is left alone. */
const TROUBLES = 5

/** How long, before one call may try again. Short, so that a store that is back is in use within a second. */
const REST_MS = 300

/** Most calls without an answer; those that timed out still count, since the driver keeps them. */
const MAX_IN_FLIGHT = 1000

export class StoreGate {
  #inFlight = 0
  #troubles = 0
  #restUntil = 0
  #trying = false
  #onIdle: (() => void)[] = []

  /** Refuses with a `SessionStoreError` if the store must not be asked now. Nothing was sent then. */
  assertOpen(operation: string, refuse: (error: SessionStoreError) => never): void {
    if (this.#inFlight >= MAX_IN_FLIGHT) refuse(notTried(operation, 'too many calls wait for an answer'))
    if (this.#troubles < TROUBLES) return
    if (this.#trying || performance.now() < this.#restUntil) refuse(notTried(operation, 'the store failed several times in a row'))
    this.#trying = true
  }

  /** Counts a call until its own answer comes, however late. */
  track<T>(answer: Promise<T>): Promise<T> {
    this.#inFlight++
    const settled = (): void => {
      this.#inFlight--
      if (this.#inFlight === 0) for (const tell of this.#onIdle.splice(0)) tell()
    }
    answer.then(settled, settled)
    return answer
  }

  /** Resolves once every call has its answer and none follows from it, or after that many milliseconds. */
  async drained(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    let isLate = false
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms)
    }).then(() => {
      isLate = true
    })
    while (this.#inFlight > 0 && !isLate) {
      await Promise.race([this.#idle(), late])
      await turn()
    }
    clearTimeout(timer)
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle.push(resolve)
    })
  }

  succeeded<T>(value: T): T {
    this.#troubles = 0
    this.#trying = false
    return value
  }

  /** A refusal ("out of memory") is an answer, and no sign of trouble. */
  failed(error: unknown): void {
    if (!isUnknownOutcome(error)) return this.succeeded(undefined)
    this.#troubles++
    this.#trying = false
    this.#restUntil = performance.now() + REST_MS
  }
}

function notTried(operation: string, why: string): SessionStoreError {
  return new SessionStoreError(operation, `was not tried: ${why}`, { unknown: false })
}
