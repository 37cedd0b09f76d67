// signOut, regenerate and destroy: the session ends in the store at once, and `req.session` holds another.
import type { EndReason } from './events.js'
import { whenReady } from './maybe.js'
import type { SessionState } from './session-state.js'
import type { MaybePromise } from './store.js'
import { resolveUser } from './user.js'

/** What comes in the place of the ended session. */
export interface Successor {
  /** Keys that go along. */
  readonly keep?: readonly string[]
  /** Whether the new session may be stored; then a new cookie must still be possible. */
  readonly usable: boolean
}

export function endSession(state: SessionState, reason: EndReason, successor: Successor): Promise<void> {
  const { exchange } = state
  if (exchange.arrival.degraded !== null) return exchange.intend(() => exchange.assertNotDegraded())
  if (state.replaced || state.ended) return exchange.intend(() => {})
  if (reason === 'regenerated' && (exchange.cookieClosed || exchange.committing || exchange.finished))
    return exchange.intend(() => state.assertCookiePossible())
  const fresh = exchange.replaceSession()
  for (const key of successor.keep ?? []) if (state.draft.has(key)) fresh.draft.set(key, state.draft.get(key), state.draft.ttlLeft(key))
  forgetUser(state, fresh)
  fresh.ended = !successor.usable
  return exchange.intend(() => destroy(state, reason))
}

/** Who is signed in does not go along, unless this request said so: a new session is no proof of a new sign-in. */
function forgetUser(before: SessionState, fresh: SessionState): void {
  const { user } = before.exchange.app.config
  for (;;) {
    const { userId, reads } = resolveUser(user, fresh.draft)
    const kept = [...reads].filter((key) => fresh.draft.has(key) && !before.draft.isWritten(key))
    if (userId === null || kept.length === 0) return
    for (const key of kept) fresh.draft.delete(key)
  }
}

/** Only who really ended it may remove the cookie: if it was gone already, the browser may hold a newer one. */
function destroy(state: SessionState, reason: EndReason): MaybePromise<void> {
  const { exchange, stored } = state
  const { app, request, arrival } = exchange
  if (stored === null) return
  return whenReady(
    app.call('destroy', () => app.config.store.destroy(stored.token)),
    (wasThere) => {
      if (!wasThere) return
      if (arrival.found?.loaded.handle === stored.handle) exchange.clearsCookie = true
      app.events.emit('ended', { handle: stored.handle, userId: state.userId, reason, request })
    },
  )
}
