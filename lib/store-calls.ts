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

export function storeCalls(timeoutMs: number, report: (error: unknown) => never, gate: StoreGate = new StoreGate()): StoreCall {
  const fail = (error: unknown): never => {
    gate.failed(error)
    return report(error)
  }
  return (operation, call, onLate) => {
    gate.assertOpen(operation, report)
    let answer: ReturnType<typeof call>
    try {
      answer = call()
    } catch (error) {
      return fail(storeErrorOf(operation, error))
    }
    if (!isPromise(answer)) return gate.succeeded(answer)
    return inTime(operation, timeoutMs, gate.track(answer), onLate).then((value) => gate.succeeded(value), fail)
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
