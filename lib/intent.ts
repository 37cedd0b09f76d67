// The promise that `req.session` hands out. It never becomes an unhandled rejection; a failure that nobody looked at is the commit's to report.
import { isPromise } from './maybe.js'
import type { MaybePromise } from './store.js'

export class Intent<T> extends Promise<T> {
  #observed = false

  /** Derived promises are plain ones. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  /** Starts the operation at once. `onFailure` gets the intent and what went wrong. */
  static of<T>(operation: () => MaybePromise<T>, onFailure: (intent: Intent<T>, error: unknown) => void): Intent<T> {
    let settle: { resolve: (value: T) => void; reject: (error: unknown) => void } | undefined
    const intent = new Intent<T>((resolve, reject) => {
      settle = { resolve, reject }
    })
    Promise.prototype.then.call(intent, undefined, () => {})
    const fail = (error: unknown): void => {
      onFailure(intent, error)
      settle?.reject(error)
    }
    try {
      const result = operation()
      if (isPromise(result)) result.then((value) => settle?.resolve(value), fail)
      else settle?.resolve(result)
    } catch (error) {
      fail(error)
    }
    return intent
  }

  /** Whether somebody awaits it, or has asked for its failure. */
  get observed(): boolean {
    return this.#observed
  }

  // biome-ignore lint/suspicious/noThenProperty: `await` on a subclass of Promise calls it, which is how we know of it
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#observed = true
    return super.then(onFulfilled, onRejected)
  }
}

/** Node's callback style on top of a promise: called exactly once, outside of the promise, so that what it throws is its own. */
export function withCallback<T>(promise: Promise<T>, callback: ((error?: unknown) => void) | undefined): Promise<T> {
  if (callback !== undefined) {
    promise.then(
      () => process.nextTick(callback),
      (error) => process.nextTick(callback, error),
    )
  }
  return promise
}
