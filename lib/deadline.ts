// Bounded waits: every store call ends by its deadline. Timers run on the monotonic clock.
import { SessionStoreError } from './errors.js'
import { isPromise } from './maybe.js'
import type { MaybePromise } from './store.js'

/**
 * Runs one store call under a deadline. A call that answers without a promise is passed through. A failure or a timeout becomes a
 * `SessionStoreError`; `onLate` gets the answer of a call that timed out and succeeded after all.
 */
export function withDeadline<T>(operation: string, ms: number, call: () => MaybePromise<T>, onLate?: (value: T) => void): MaybePromise<T> {
  let answer: MaybePromise<T>
  try {
    answer = call()
  } catch (error) {
    throw storeErrorOf(operation, error)
  }
  return isPromise(answer) ? inTime(operation, ms, answer, onLate) : answer
}

/** The same for an answer that is under way. */
export function inTime<T>(operation: string, ms: number, answer: Promise<T>, onLate?: (value: T) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      reject(new SessionStoreError(operation, `did not answer within ${ms} ms`, { unknown: true, timedOut: true }))
    }, ms)
    answer.then(
      (value) => {
        clearTimeout(timer)
        if (late) onLate?.(value)
        else resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(storeErrorOf(operation, error))
      },
    )
  })
}

/** What a failure of the store looks like to everybody else. */
export function storeErrorOf(operation: string, cause: unknown): unknown {
  if (isSessionError(cause)) return cause
  return new SessionStoreError(operation, 'failed', { cause, unknown: true })
}

function isSessionError(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('ERR_SESSION_')
  )
}
