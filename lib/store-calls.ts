// Every call of the store goes this way: not while it is in trouble, within its deadline, and with its failure reported.
import { withDeadline } from './deadline.js'
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
      answer = withDeadline(operation, timeoutMs, () => gate.track(call()), onLate)
    } catch (error) {
      return fail(error)
    }
    if (isPromise(answer)) return answer.then((value) => gate.succeeded(value), fail)
    return gate.succeeded(answer)
  }
}
