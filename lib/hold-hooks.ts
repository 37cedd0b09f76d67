// What a hold asks of whoever holds a response, and what it answers.
import type { HeldHeaders } from './held-headers.js'
import type { MaybePromise } from './store.js'

export interface HoldHooks {
  /** Called once, at the first output. A synchronous answer adds no wait: the output goes through in the same tick. */
  beforeFirstByte(): MaybePromise<void>
  /**
   * Called synchronously after `beforeFirstByte` succeeded, with the headers that are about to leave. Called again if another
   * session middleware on the same response refuses it afterwards and the error page leaves with new headers.
   */
  decorate(headers: HeldHeaders): void
  /** Called at an `end` whose response began in an earlier call. The end waits, and its chunk with it. */
  beforeEnd(): MaybePromise<void>
  /** Nothing was sent and `res` is as at entry: answer with the error. Never called inside of a call of the handler. */
  onRefused(error: unknown): void
  /** Nothing was sent, and the hold is about to answer a plain 503: what the browser must learn all the same. */
  onPlain?(): void
  /** The hold has answered the failure itself, by a plain 503 or by cutting the connection. For reporting only. */
  onCut(error: unknown): void
  /** The first byte goes, or went before the hold began. */
  onReleased?(): void
}

export interface Hold {
  /** To be called before the first change that `beforeEnd` may have to save, or at the latest before the handler calls `end`. */
  watchEnd(): void
}
