// What a handler did with one key of its session, and what of it is on its way to the store.
import type { DataChanges } from './data-changes.js'

/** A key that the handler set, deleted, or was handed as an object. */
export interface Slot {
  readonly key: string
  /** `undefined`: deleted. */
  readonly value: unknown
  readonly deadline: number | null
  /** Set or deleted by the handler, as opposed to handed out only. */
  readonly written: boolean
}

/** Changes on their way to the store; handed back to `accept` when they have arrived. */
export interface Collected {
  readonly changes: DataChanges
  /** The keys that change. */
  readonly slots: readonly Slot[]
  readonly restart: Restart | null
}

/** Everything that the request did not write is dropped, but for `keep`. */
export interface Restart {
  readonly keep: readonly string[]
}
