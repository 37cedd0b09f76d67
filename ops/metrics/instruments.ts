// The metrics and their names. Alert rules and the dashboard beside this folder use them.
import type { EndReason, RejectReason } from '../../lib/events.js'
import type { Counter, Gauge, Histogram, PromClient, Registry } from './client.js'

export interface Instruments {
  readonly counters: Readonly<Record<keyof typeof COUNTERS, Counter>>
  readonly storeSeconds: Histogram
  readonly commitWait: Histogram
  /** Absent unless somebody can tell the number. */
  gauge(collect?: (gauge: Gauge) => void): Gauge
  /** Out of the registry. */
  remove(): void
}

const COUNTERS = {
  created: ['created_total', 'Sessions stored for the first time.', []],
  ended: [
    'ended_total',
    'Sessions ended, by reason. Backends that forget by themselves (Redis, memcached) do not tell of expiry.',
    ['reason'],
  ],
  rejected: ['rejected_total', 'Session cookies that were not used, by reason.', ['reason']],
  gone: ['gone_total', 'Requests that came too late to save: their session had ended or was signed in anew.', []],
  conflicts: ['conflicts_total', 'Attempts of update and increment that met another writer.', ['outcome']],
  denied: ['limit_denied_total', 'Sessions refused by a limit.', ['limit']],
  storeErrors: ['store_errors_total', 'Failures of the store.', ['operation', 'code']],
} as const

type FirstZero = 'expiredIdle' | 'expiredAbsolute' | 'reuse' | 'repeated' | 'gaveUp'

/** Series that stand at zero from the start: `increase` does not see the first step of one that appears with it. */
const ENDED: Readonly<Record<Exclude<EndReason, 'expired'>, true> & Partial<Record<FirstZero, true>>> = {
  signedOut: true,
  destroyed: true,
  regenerated: true,
  manager: true,
  evicted: true,
  unknownOutcome: true,
  mismatch: true,
  limit: true,
  expiredIdle: true,
  expiredAbsolute: true,
}
const REJECTED: Readonly<Record<RejectReason, true> & Partial<Record<FirstZero, true>>> = {
  signature: true,
  unknown: true,
  several: true,
  mismatch: true,
  reuse: true,
}

/** From what memory needs to what `storeTimeout` allows. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

export function makeInstruments(client: PromClient, register: Registry, prefix: string): Instruments {
  const names: string[] = []
  const config = (name: string, help: string, labelNames: readonly string[], more: object = {}): never => {
    names.push(`${prefix}${name}`)
    return { name: `${prefix}${name}`, help, labelNames: [...labelNames], registers: [register], ...more } as never
  }
  const counter = (key: keyof typeof COUNTERS): Counter => {
    const [name, help, labels] = COUNTERS[key]
    return new client.Counter(config(name, help, labels))
  }
  const counters = Object.fromEntries(Object.keys(COUNTERS).map((key) => [key, counter(key as keyof typeof COUNTERS)])) as Record<
    keyof typeof COUNTERS,
    Counter
  >
  for (const reason of Object.keys(ENDED)) counters.ended.inc({ reason }, 0)
  for (const reason of Object.keys(REJECTED)) counters.rejected.inc({ reason }, 0)
  for (const outcome of ['repeated', 'gaveUp']) counters.conflicts.inc({ outcome }, 0)
  for (const limit of ['perUser', 'perAddress']) counters.denied.inc({ limit }, 0)
  const histogram = (name: string, help: string, labels: readonly string[]): Histogram =>
    new client.Histogram(config(name, help, labels, { buckets: BUCKETS }))
  return {
    counters,
    storeSeconds: histogram('store_seconds', 'How long the store took to answer, to its deadline at most.', ['operation', 'outcome']),
    commitWait: histogram('commit_wait_seconds', 'How long responses waited for their session to be saved, those that had to wait.', []),
    gauge: (collect) => {
      const gauge: Gauge = new client.Gauge(
        config('active', 'Live sessions in the store.', [], collect && { collect: () => collect(gauge) }),
      )
      return gauge
    },
    remove: () => {
      for (const name of names) register.removeSingleMetric(name)
    },
  }
}
