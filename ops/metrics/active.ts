// How many sessions live: where the store knows, at every scrape; else only if asked for, by a look at all of it.
import type { Sessions } from '../../lib/sessions.js'
import type { SessionStore } from '../../lib/store.js'
import type { Gauge } from './client.js'
import type { Instruments } from './instruments.js'

/** Throws if it cannot, before anything is made. */
export function assertCountable(store: SessionStore): void {
  if (store.index?.scan === undefined) throw new TypeError(`activeEvery: the ${store.name} store cannot count its sessions`)
}

/** Returns what stops it. */
export function measureActive(sessions: Sessions, store: SessionStore, instruments: Instruments, everyMs: number | null): () => void {
  if (everyMs !== null) return countEvery(sessions, instruments, everyMs)
  if (sizeOf(store) !== undefined) instruments.gauge((gauge) => gauge.set(sizeOf(store) ?? 0))
  return () => {}
}

/** The memory store's, and that of any store that offers it. */
function sizeOf(store: SessionStore): number | undefined {
  const { size } = store as { readonly size?: unknown }
  return typeof size === 'number' ? size : undefined
}

/** The next count begins so long after the last has ended: a slow store is not asked twice at once. */
function countEvery(sessions: Sessions, instruments: Instruments, everyMs: number): () => void {
  // Absent until known: zero sessions would be a lie.
  let gauge: Gauge | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const count = async (): Promise<void> => {
    try {
      const { active } = await sessions.stats()
      if (stopped) return
      gauge ??= instruments.gauge()
      gauge.set(active)
    } catch {
      // A `storeError` by its own right; the gauge keeps what it knew.
    }
    if (!stopped) timer = setTimeout(count, everyMs).unref()
  }
  void count()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
