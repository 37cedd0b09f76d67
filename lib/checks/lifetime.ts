// Both clocks (ASVS 7.3.1, 7.3.2), judged by the store's time. The store judges them too; this holds even if its TTLs fail.
import type { LoadedSession } from '../store.js'

export function isWithinLifetime({ facts, now }: LoadedSession): boolean {
  if (now >= facts.seenAt + facts.idleMs) return false
  return facts.lifetimeMs === null || now < facts.startedAt + facts.lifetimeMs
}
