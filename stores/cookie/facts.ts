// The clocks of a sealed session, which other servers may have stamped.
import { isLive } from '../../lib/facts.js'
import type { SessionFacts } from '../../lib/store.js'
import { SKEW_MS } from './sealer.js'

/** Both clocks are strict. Of stamps from the future a little is allowed: another server may have made them. */
export function isLiveHere(facts: SessionFacts, now: number): boolean {
  return Math.max(facts.startedAt, facts.seenAt) <= now + SKEW_MS && isLive(facts, now)
}
