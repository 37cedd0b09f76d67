// Where lines go: a pino logger, a stream, a function, or pino on standard output. A sink may throw, reject, hang or be slow.
import { isPromise } from '../../lib/maybe.js'
import type { MaybePromise } from '../../lib/store.js'
import { requirePeer } from '../peer.js'
import type { AuditRecord } from './record.js'
import { within } from './within.js'

/** After that long a sink that does not answer is given the next line. */
const PATIENCE_MS = 5000

export interface Sink {
  /** Throws or rejects if the line is lost. */
  write(record: AuditRecord): MaybePromise<void>
  /** Calls the listener for a line that was taken and is lost all the same. */
  onLost?(listener: (error: unknown) => void): void
  /** Empties its own buffers. */
  close?(): MaybePromise<void>
}

/** What is used of a pino logger, of any version. */
export interface AuditLogger {
  info(record: object, message: string): unknown
  warn(record: object, message: string): unknown
  error(record: object, message: string): unknown
}

/** What is used of a Node stream. */
export interface AuditStream {
  readonly destroyed?: boolean
  readonly writableEnded?: boolean
  write(line: string): unknown
  on?(event: 'error', listener: (error: Error) => void): unknown
  once?(event: 'drain', listener: () => void): unknown
}

export type AuditDestination = AuditStream | ((line: string) => unknown)

/** One key beside the logger's own, so that no name stands twice in a line: `time` is the logger's, `audit.time` ours. */
export function loggerSink(logger: AuditLogger): Sink {
  return { write: (record) => patient(logger[record.level]({ audit: record }, `session ${record.event}`)) }
}

export function destinationSink(destination: AuditDestination): Sink {
  if (typeof destination === 'function') return { write: (record) => patient(destination(lineOf(record))) }
  const stream = new PatientStream(destination)
  return { write: (record) => stream.write(lineOf(record)), onLost: (listener) => stream.onLost(listener) }
}

interface Pino {
  (options: object, stream: { write(line: string): unknown }): AuditLogger
  destination(options: object): AuditStream & { flush?(done: (error?: unknown) => void): void }
}

/** Asynchronous, since a reader of standard output that is slow must not stop the process. */
export function pinoSink(): Sink {
  const pino = requirePeer('audit', 'pino', 'logger') as Pino
  const output = pino.destination({ dest: 1, sync: false })
  const stream = new PatientStream(output)
  let written: MaybePromise<void>
  const options = { base: null, timestamp: false, level: 'info', formatters: { level: (level: string) => ({ level }) } }
  const logger = pino(options, { write: (line) => (written = stream.write(line)) })
  return {
    write: ({ level, ...record }) => {
      ;(logger[level] as (record: object) => unknown)(record)
      return written
    },
    onLost: (listener) => stream.onLost(listener),
    // Not flushSync, which overtakes a line that is on its way.
    close: () => new Promise((resolve) => (output.flush === undefined ? resolve() : output.flush(() => resolve()))),
  }
}

function lineOf(record: AuditRecord): string {
  return `${JSON.stringify(record)}\n`
}

function patient(answer: unknown): MaybePromise<void> {
  if (isPromise(answer)) return within(PATIENCE_MS, answer, { holdsProcess: false }).then(() => {})
}

/** Waits for `drain`, as a stream asks, and takes the error that would otherwise end the process. */
class PatientStream {
  readonly #stream: AuditStream
  #drained: Promise<void> | null = null
  #goOn: () => void = () => {}

  constructor(stream: AuditStream) {
    this.#stream = stream
  }

  onLost(listener: (error: unknown) => void): void {
    this.#stream.on?.('error', (error) => {
      listener(error)
      // A broken stream never drains.
      this.#goOn()
    })
  }

  write(line: string): MaybePromise<void> {
    if (this.#drained === null) return this.#send(line)
    return within(PATIENCE_MS, this.#drained, { holdsProcess: false }).then(() => this.#send(line))
  }

  #send(line: string): void {
    const stream = this.#stream
    if (stream.destroyed === true || stream.writableEnded === true) throw new Error('the stream has ended')
    if (stream.write(line) !== false || stream.once === undefined) return
    this.#drained = new Promise((resolve) => {
      this.#goOn = () => {
        this.#drained = null
        resolve()
      }
    })
    stream.once('drain', this.#goOn)
  }
}
