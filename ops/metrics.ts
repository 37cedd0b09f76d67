// steady-session/metrics: numbers for Prometheus. Store calls and waiting responses are timed only while this runs.
import { type Duration, durationMs } from '../lib/durations.js'
import type { SessionEventName, SessionEvents } from '../lib/events.js'
import type { Sessions } from '../lib/sessions.js'
import { assertCountable, measureActive } from './metrics/active.js'
import { loadPromClient, type PromClient, type Registry } from './metrics/client.js'
import { type Instruments, makeInstruments } from './metrics/instruments.js'
import { appOf, assertKnown } from './sessions-app.js'

export type { Counter, Gauge, Histogram, PromClient, Registry } from './metrics/client.js'

export interface MetricsOptions {
  /** prom-client, where it cannot be loaded by its name (bundles). */
  readonly client?: PromClient
  /** Default: prom-client's own, which `client.register.metrics()` prints. */
  readonly register?: Registry
  /** Of every name. Default `'session_'`; two middlewares in one process need two. */
  readonly prefix?: string
  /** How often all sessions of the store are counted for `session_active`, where the store does not know their number anyhow. Default: never. */
  readonly activeEvery?: Duration
}

const NAMES = ['client', 'register', 'prefix', 'activeEvery']

/** Measures these sessions, from now on. Returns what stops it and takes its metrics out of the registry. */
export function metrics(sessions: Sessions, options: MetricsOptions = {}): () => void {
  const app = appOf('metrics', sessions)
  assertKnown('metrics', options, NAMES)
  const { prefix = 'session_', activeEvery } = options
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(prefix)) throw new TypeError(`prefix: '${prefix}' cannot begin the name of a metric`)
  const everyMs = activeEvery === undefined ? null : durationMs('activeEvery', activeEvery)
  if (everyMs !== null) assertCountable(app.config.store)
  const client = options.client ?? loadPromClient()
  const register = options.register ?? client.register
  const instruments = makeInstruments(client, register, prefix)
  const on = <N extends SessionEventName>(name: N, listener: (event: SessionEvents[N]) => void): (() => void) =>
    app.events.on(name, listener)
  const stops = [...listen(on, instruments), measureActive(sessions, app.config.store, instruments, everyMs)]
  return () => {
    for (const stop of stops.splice(0)) stop()
    instruments.remove()
  }
}

type On = <N extends SessionEventName>(name: N, listener: (event: SessionEvents[N]) => void) => () => void

function listen(on: On, { counters, storeSeconds, commitWait }: Instruments): (() => void)[] {
  return [
    on('created', () => counters.created.inc({})),
    on('ended', ({ reason, clock, elsewhere }) => {
      // Counted by the process that ended it.
      if (elsewhere !== true)
        counters.ended.inc({ reason: clock === undefined ? reason : clock === 'idle' ? 'expiredIdle' : 'expiredAbsolute' })
    }),
    on('rejected', ({ reason }) => counters.rejected.inc({ reason })),
    on('reuse', () => counters.rejected.inc({ reason: 'reuse' })),
    on('gone', () => counters.gone.inc({})),
    on('conflict', ({ gaveUp }) => counters.conflicts.inc({ outcome: gaveUp ? 'gaveUp' : 'repeated' })),
    on('limitDenied', ({ limit }) => counters.denied.inc({ limit })),
    on('storeError', ({ error }) => counters.storeErrors.inc({ operation: operationOf(error), code: error.code })),
    on('storeCall', ({ operation, outcome, seconds }) => storeSeconds.observe({ operation, outcome }, seconds)),
    on('committed', ({ seconds }) => commitWait.observe({}, seconds)),
  ]
}

/** A label has few values, also if a store of somebody else puts something long there. */
function operationOf(error: object): string {
  const operation = 'operation' in error ? error.operation : undefined
  return typeof operation === 'string' && /^[a-zA-Z]{1,20}$/.test(operation) ? operation : 'other'
}
