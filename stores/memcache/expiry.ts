// When memcached may forget an item. It judges nothing: the clocks are judged by the application, in milliseconds.
import type { SessionFacts } from '../../lib/store.js'

/** Above it memcached takes the number for a date. */
const LONGEST_SPAN_SECONDS = 30 * 24 * 60 * 60
/** The field has 32 bits; zero would mean "never". */
const LAST_DATE = 0xffffffff

/** In whole seconds, rounded up, and one more: memcached's clock ticks once a second, so that its first second may be short. */
export function expiryOf({ seenAt, idleMs, startedAt, lifetimeMs }: SessionFacts, now: number): number {
  const end = Math.min(seenAt + idleMs, lifetimeMs === null ? Number.POSITIVE_INFINITY : startedAt + lifetimeMs)
  const seconds = Math.max(0, Math.ceil((end - now) / 1000)) + 1
  return seconds > LONGEST_SPAN_SECONDS ? Math.min(Math.floor(now / 1000) + seconds, LAST_DATE) : seconds
}
