// steady-session/audit: what happens to sessions, as JSON lines. Nothing here waits, throws or fails within a request.
import { type Duration, durationMs } from '../lib/durations.js'
import type { SessionEvents } from '../lib/events.js'
import type { Sessions } from '../lib/sessions.js'
import { Bursts, comesInBursts } from './audit/bursts.js'
import { LineQueue } from './audit/line-queue.js'
import { AUDITED, type AuditedEvent, type AuditRecord, ownRequestId, type RequestIdOf, recordOf } from './audit/record.js'
import { type AuditDestination, type AuditLogger, destinationSink, loggerSink, pinoSink, type Sink } from './audit/sinks.js'
import { within } from './audit/within.js'
import { appOf, assertKnown } from './sessions-app.js'

export type { AuditedEvent, AuditRecord } from './audit/record.js'
export type { AuditDestination, AuditLogger, AuditStream } from './audit/sinks.js'

export interface AuditOptions {
  /** The application's pino logger, of any version; a record stands under the key `audit`. */
  readonly logger?: AuditLogger
  /** Or a stream, or a function, that gets each line with its newline. Without either: pino, on standard output. */
  readonly destination?: AuditDestination
  /** Forged cookies, refusals and errors of the store become one line per reason and such a window. Default `'10s'`. */
  readonly aggregateOver?: Duration
  /** Which events are kept. Default: all. */
  readonly events?: readonly AuditedEvent[]
  /** What tells lines of one request together. Default: `request.id`, if it has one. */
  readonly requestId?: RequestIdOf
  /** Most lines that wait for a slow sink; what comes then is dropped, counted and said. Default 10,000. */
  readonly maxWaiting?: number
}

/** Stops the audit. Resolves when what was told until then is written, after 5 seconds at most. */
export type StopAudit = () => Promise<void>

const NAMES = ['logger', 'destination', 'aggregateOver', 'events', 'requestId', 'maxWaiting']
const STOP_MS = 5000

/** Keeps a record of each event of these sessions, from now on. Throws if the sink is missing. */
export function audit(sessions: Sessions, options: AuditOptions = {}): StopAudit {
  const app = appOf('audit', sessions)
  assertKnown('audit', options, NAMES)
  const { aggregateOver = '10s', requestId = ownRequestId, events = AUDITED, maxWaiting = 10_000 } = options
  if (!Number.isInteger(maxWaiting) || maxWaiting < 1) throw new TypeError('maxWaiting: expected a number of lines, at least 1')
  for (const name of events) if (!AUDITED.includes(name)) throw new TypeError(`events: '${name}' is none of ${AUDITED.join(', ')}`)
  const windowMs = durationMs('aggregateOver', aggregateOver)
  const sink = sinkOf(options)
  const queue = new LineQueue(sink, maxWaiting, (message) => app.warn('AUDIT', message))
  const bursts = new Bursts(windowMs, (record) => queue.push(record))
  const keep = (record: AuditRecord): void => (comesInBursts(record) ? bursts.add(record) : queue.push(record))
  const listen = <N extends AuditedEvent>(name: N): (() => void) =>
    app.events.on(name, (event: SessionEvents[N]) => keep(recordOf(app, name, event, requestId)))
  const deaf = events.map(listen)
  return onceOnly(async () => {
    for (const stop of deaf) stop()
    bursts.flush()
    await within(STOP_MS, queue.written(), { holdsProcess: true }).catch((error) => queue.abandon(error))
    await within(STOP_MS, Promise.resolve(sink.close?.()), { holdsProcess: true }).catch(() => {})
  })
}

function sinkOf({ logger, destination }: AuditOptions): Sink {
  if (logger !== undefined && destination !== undefined) throw new TypeError('destination: the logger has its own; name one of the two')
  if (logger !== undefined) {
    if (typeof logger?.info === 'function' && typeof logger.warn === 'function' && typeof logger.error === 'function')
      return loggerSink(logger)
    throw new TypeError('logger: expected a pino logger, with info, warn and error')
  }
  if (destination === undefined) return pinoSink()
  if (typeof destination === 'function' || typeof destination?.write === 'function') return destinationSink(destination)
  throw new TypeError('destination: expected a stream or a function that takes a line')
}

function onceOnly(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => (done ??= work())
}
