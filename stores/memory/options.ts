// Options of the memory store, completed once.

export interface MemoryStoreOptions {
  /** The most sessions it holds (100,000 by default); beyond that the least recently used goes. */
  readonly max?: number
  /** Milliseconds since the epoch; for tests. */
  readonly clock?: () => number
  /** Milliseconds between two sweeps of expired sessions (a minute by default). A session is refused on time in any case. */
  readonly sweepEvery?: number
}

/** Node runs a longer timer at once, again and again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

const KNOWN: readonly string[] = ['max', 'clock', 'sweepEvery']

export function completeOptions(options: MemoryStoreOptions): Required<MemoryStoreOptions> {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw new TypeError(`${unknown}: not an option of the memory store, which knows ${KNOWN.join(', ')}`)
  const { max = 100_000, clock = Date.now, sweepEvery = 60_000 } = options
  if (!(Number.isSafeInteger(max) && max > 0)) throw new TypeError('max: the number of sessions to hold, a whole number above 0')
  if (typeof clock !== 'function') throw new TypeError('clock: a function that returns milliseconds since the epoch')
  if (!(Number.isFinite(sweepEvery) && sweepEvery >= 1 && sweepEvery <= LONGEST_TIMER_MS)) {
    throw new TypeError(`sweepEvery: milliseconds between two sweeps, from 1 to ${LONGEST_TIMER_MS}`)
  }
  return { max, clock, sweepEvery }
}
