// Ends are felt everywhere: what ends here is announced to the other processes on the store, and what they announce is told here.
import type { EndReason, SessionEmitter } from './events.js'
import type { SessionStore, StoreEvent } from './store.js'

/** Announced in the place of a handle when every session was ended. */
const EVERY = '*'

/** Of these no process can say more than another: each store tells it by itself. */
const OWN_REASONS: readonly EndReason[] = ['expired', 'evicted']

export interface Hearing {
  /** For the first who wants to know of ends elsewhere. */
  begin(): void
  /** Resolves once they are heard, or cannot be; at once if nobody asked. */
  readonly begun: () => Promise<void>
}

/** Announces the ends that happen here. */
export function shareEnds(events: SessionEmitter, store: SessionStore): Hearing {
  if (store.announce !== undefined) {
    events.on('ended', ({ handle, userId, reason, elsewhere = false }) => {
      if (!elsewhere && !OWN_REASONS.includes(reason)) store.announce?.({ handle, userId, reason })
    })
    events.on('endedAll', ({ elsewhere }) => {
      if (!elsewhere) store.announce?.({ handle: EVERY, userId: undefined, reason: 'manager' })
    })
  }
  let hearing: Promise<void> | null = null
  return {
    begin: () => {
      // The store tries until it is closed; until it hears, an end elsewhere is found out by the next request.
      hearing ??= Promise.resolve()
        .then(() => store.subscribe?.())
        .catch(() => {})
    },
    begun: async () => {
      await hearing
    },
  }
}

/** Tells what the store reports outside of any call. */
export function tellEnd(events: SessionEmitter, event: StoreEvent): void {
  const { handle, userId } = event
  if (event.type !== 'endedElsewhere') {
    const details = event.type === 'expired' ? { clock: event.clock } : {}
    events.emit('ended', { handle, userId, reason: event.type, request: undefined, ...details })
  } else if (handle === EVERY) events.emit('endedAll', { elsewhere: true })
  else events.emit('ended', { handle, userId, reason: event.reason as EndReason, request: undefined, elsewhere: true })
}
