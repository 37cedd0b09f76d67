// Both clocks (ASVS 7.3.1, 7.3.2), judged by the store's time. The store judges them too; this holds even if its TTLs fail.
import { isLive } from '../facts.js'
import type { LoadedSession } from '../store.js'

export function isWithinLifetime({ facts, now }: LoadedSession): boolean {
  return isLive(facts, now)
}
