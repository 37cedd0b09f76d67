// When a page may have missed something.

export interface PageListener {
  /** It is looked at again, or the network is back. */
  onReturn(): void
  /** It is left, and perhaps kept for the back button: what is open then may keep it from being kept. */
  onLeave(): void
  /** It was kept, and is back. */
  onRestore(): void
}

/** Returns what ends the listening. */
export function listenToPage({ onReturn, onLeave, onRestore }: PageListener): () => void {
  const ending = new AbortController()
  const { signal } = ending
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && onReturn(), { signal })
  addEventListener('online', onReturn, { signal })
  addEventListener('pagehide', onLeave, { signal })
  addEventListener('pageshow', ({ persisted }) => persisted && onRestore(), { signal })
  return () => ending.abort()
}
