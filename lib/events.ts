// Typed events. A listener that throws or rejects harms nothing.
import type { IncomingMessage } from 'node:http'
import type { SessionError } from './errors.js'
import { isPromise } from './maybe.js'

/** Why a session ended. */
export type EndReason =
  | 'signedOut'
  | 'destroyed'
  | 'regenerated'
  | 'manager'
  | 'expired'
  | 'evicted'
  | 'unknownOutcome'
  | 'mismatch'
  | 'limit'

/** Why a cookie was not used. */
export type RejectReason =
  /** Our name, but no token of ours under any of the secrets. */
  | 'signature'
  /** Rightly signed, but its session ended or expired, or never was. */
  | 'unknown'
  /** Several live sessions in one request: none is used. */
  | 'several'
  /** It does not come from where its session was made; see the option `bind`. */
  | 'mismatch'

/** What a session can be bound to. */
export type BoundFact = 'address' | 'agent' | 'certificate'

interface OfSession {
  readonly handle: string
  readonly userId: string | undefined
}

interface OfRequest {
  /** The request in which it happened. */
  readonly request: IncomingMessage
}

export interface SessionEvents {
  /** A session was stored for the first time. */
  created: OfSession & OfRequest
  /** A user signed in: by `signIn`, or because the resolved user changed. */
  signedIn: OfSession & OfRequest
  /** The token changed; the old one is dead. */
  rotated: OfSession & OfRequest
  /** Data was saved; key names only. */
  changed: OfSession & OfRequest & { readonly keys: readonly string[] }
  ended: OfSession & {
    readonly reason: EndReason
    readonly request: IncomingMessage | undefined
    /** Of an expired session: which of its clocks ran out, where the store can tell. */
    readonly clock?: 'idle' | 'absolute'
    /** Another process ended it, and the store said so. */
    readonly elsewhere?: boolean
  }
  /** Every session was ended at once, by `endEverything`; no `ended` comes for each. */
  endedAll: { readonly elsewhere: boolean }
  /** A writer came too late: its session was ended or signed in anew meanwhile. Nothing was saved. */
  gone: OfSession & OfRequest
  rejected: OfRequest & { readonly reason: RejectReason; readonly handle: string | undefined }
  /** A live session came from elsewhere than where it was made: all that differs, and what was done about it. `rejected` or `ended` follows. */
  mismatch: OfSession & OfRequest & { readonly what: readonly BoundFact[]; readonly action: 'logged' | 'rejected' | 'ended' }
  /** An old verifier of a live session was presented: a late request, or a stolen cookie. */
  reuse: OfRequest & { readonly handle: string | undefined }
  /** The response's commit failed when the handler could no longer be told: the client got a plain error, or a connection cut short. */
  commitFailed: OfRequest & { readonly error: unknown }
  storeError: { readonly error: SessionError }
  /** A session was not made, or not signed in, since there are too many of the user or from the address. */
  limitDenied: OfRequest & {
    readonly userId: string | undefined
    readonly handle: string | undefined
    readonly limit: 'perUser' | 'perAddress'
  }
  /** `update` or `increment` met another writer: it tries again, or after that many attempts gives up. */
  conflict: OfSession & OfRequest & { readonly key: string; readonly attempts: number; readonly gaveUp: boolean }
  /** The store was asked. Timed only while somebody listens. */
  storeCall: { readonly operation: string; readonly seconds: number; readonly outcome: CallOutcome }
  /** A response waited this long for its session to be saved; one whose store answers at once does not. Timed only while somebody listens. */
  committed: OfRequest & { readonly seconds: number; readonly failed: boolean }
}

export type CallOutcome =
  | 'ok'
  | 'error'
  | 'timeout'
  /** Not asked at all: it had failed several times in a row, or owed too many answers. */
  | 'refused'

export type SessionEventName = keyof SessionEvents

export class SessionEmitter {
  readonly #listeners: Map<SessionEventName, Set<(event: never) => unknown>> = new Map()

  /** Calls `listener` for every such event; returns a function that stops it. */
  on<N extends SessionEventName>(name: N, listener: (event: SessionEvents[N]) => unknown): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }

  /** Whether anybody listens: an event that nobody hears need not be made. */
  hears(name: SessionEventName): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0
  }

  emit<N extends SessionEventName>(name: N, event: SessionEvents[N]): void {
    const listeners = this.#listeners.get(name)
    if (listeners === undefined || listeners.size === 0) return
    for (const listener of listeners) {
      try {
        const result = (listener as (event: SessionEvents[N]) => unknown)(event)
        if (isPromise(result)) result.catch(() => {})
      } catch {
        // The listener's failure is its own.
      }
    }
  }
}
