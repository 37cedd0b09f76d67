// Stores may answer without a promise; these keep such answers synchronous.
import type { MaybePromise } from './store.js'

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** What `async` functions answer with, also where something else took the name `Promise`. */
const AsyncAnswer = (async () => {})().constructor as PromiseConstructor

/**
 * The same of what our own code answers, which is never a promise of anybody else's: store calls make it one of ours. Told by the prototype, since to ask
 * objects of many layouts for their `then` is what V8 is slowest at.
 */
export function isPending<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof AsyncAnswer || value instanceof Promise
}

/** Goes on with `next` at once if the value is there, else when it comes. */
export function whenReady<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(value) ? value.then(next) : next(value)
}

/** Asks, and has `failed` answer in its place if it throws or rejects. */
export function orElse<T, F>(ask: () => MaybePromise<T>, failed: (error: unknown) => F): MaybePromise<T | F> {
  try {
    const answer = ask()
    return isPromise(answer) ? answer.catch(failed) : answer
  } catch (error) {
    return failed(error)
  }
}
