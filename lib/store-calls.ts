// Every call of the store goes this way: not while it is in trouble, within its deadline, and with its failure reported.
import { performance } from 'node:perf_hooks'
import { inTime, storeErrorOf } from './deadline.js'
import { isTimeout } from './errors.js'
import type { SessionEvents } from './events.js'
import { isPromise } from './maybe.js'
import type { MaybePromise } from './store.js'
import { StoreGate } from './store-gate.js'

/** One store call. `onLate` gets the answer of a call that timed out and succeeded after all. */
export type StoreCall = <T>(operation: string, call: () => MaybePromise<T>, onLate?: (value: T) => void) => MaybePromise<T>

export interface StoreCalls {
  readonly call: StoreCall
  /**
   * A method of the store that is called likewise. Made once: what every request makes, V8 would compile anew after each garbage collection, since optimized
   * code dies with the last function that has it (measured: 3 µs a request).
   */
  method<A, B, T>(operation: string, method: (a: A, b: B) => MaybePromise<T>): (a: A, b: B) => MaybePromise<T>
}

export function storeCalls(timeoutMs: number, report: (error: unknown) => never, gate: StoreGate = new StoreGate()): StoreCalls {
  const fail = (error: unknown): never => {
    gate.failed(error)
    return report(error)
  }
  const wait = <T>(operation: string, answer: Promise<T>, onLate?: (value: T) => void): Promise<T> =>
    inTime(operation, timeoutMs, gate.track(answer), onLate).then((value) => gate.succeeded(value), fail)
  const ask = <A, B, T>(operation: string, method: (a: A, b: B) => MaybePromise<T>, a: A, b: B, onLate?: (value: T) => void) => {
    gate.assertOpen(operation, report)
    let answer: MaybePromise<T>
    try {
      answer = method(a, b)
    } catch (error) {
      return fail(storeErrorOf(operation, error))
    }
    return isPromise(answer) ? wait(operation, answer, onLate) : gate.succeeded(answer)
  }
  return {
    call: (operation, call, onLate) => ask(operation, call, undefined, undefined, onLate),
    method: (operation, method) => (a, b) => ask(operation, method, a, b),
  }
}

/** The same calls, and how long each took, to its end or its deadline. */
export function timedCalls(ask: StoreCall, tell: (call: SessionEvents['storeCall']) => void): StoreCall {
  return (operation, call, onLate) => {
    const began = performance.now()
    let asked = false
    const told = (outcome: SessionEvents['storeCall']['outcome']): void =>
      tell({ operation, seconds: (performance.now() - began) / 1000, outcome })
    const failed = (error: unknown): never => {
      told(!asked ? 'refused' : isTimeout(error) ? 'timeout' : 'error')
      throw error
    }
    const succeeded = <T>(value: T): T => {
      told('ok')
      return value
    }
    let answer: ReturnType<typeof call>
    try {
      answer = ask(
        operation,
        () => {
          asked = true
          return call()
        },
        onLate,
      )
    } catch (error) {
      return failed(error)
    }
    return isPromise(answer) ? answer.then(succeeded, failed) : succeeded(answer)
  }
}
