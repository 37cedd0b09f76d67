// What a failure of Redis means: whether the call may have taken effect, in words that hold no address.
import { SessionStoreError } from '../../lib/errors.js'

/** There is no connection at this moment; nothing was sent. */
export class NotConnectedError extends Error {
  constructor(options?: ErrorOptions) {
    super('not connected', options)
    this.name = 'NotConnectedError'
  }
}

/** Replies by which Redis says that it did nothing. A script answers them at its first write, so none is half done. */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/\bOOM\b/, 'out of memory'],
  [/\bREADONLY\b/, 'the server is a read-only replica'],
  [/\bMISCONF\b/, 'the server cannot write its data to disk'],
  [/\bNOREPLICAS\b/, 'the server has too few replicas'],
  [/\bLOADING\b/, 'the server is still loading its data'],
  [/\bMASTERDOWN\b/, 'the server has lost its master'],
  [/\bCLUSTERDOWN\b/, 'the cluster is down'],
  [/\bBUSY\b/, 'the server is busy with a script'],
  [/\b(NOAUTH|WRONGPASS|NOPERM)\b|invalid password|without any password/i, 'user, password or permissions are wrong'],
  [/certificate|unable to verify/i, 'the certificate of the server is not trusted'],
  [/\b(MOVED|CROSSSLOT)\b/, 'the server belongs to a Redis Cluster; hand in a cluster client'],
]

/** Names and messages of drivers for a command that was never sent. */
const NOT_SENT = /^(ClientOfflineError|ClientClosedError)$|The client is (closed|offline)|Stream isn't writeable|Connection is closed/

export function isReadOnly(error: unknown): boolean {
  return /\bREADONLY\b/.test(messageOf(error))
}

/** The server does not know the script: it was restarted, flushed, or another node took over. */
export function isNoScript(error: unknown): boolean {
  return /\bNOSCRIPT\b/.test(messageOf(error))
}

/** The driver had no connection to send it on. */
export function isNotSent(error: unknown): boolean {
  return error instanceof NotConnectedError || NOT_SENT.test(nameOf(error)) || NOT_SENT.test(messageOf(error))
}

export function refusalOf(error: unknown): string | undefined {
  const message = messageOf(error)
  return REFUSALS.find(([pattern]) => pattern.test(message))?.[1]
}

export function storeError(operation: string, cause: unknown): SessionStoreError {
  if (cause instanceof SessionStoreError) return cause
  const refusal = refusalOf(cause)
  if (refusal !== undefined) return new SessionStoreError(operation, `was refused: ${refusal}`, { cause, unknown: false })
  if (isNotSent(cause)) {
    return new SessionStoreError(operation, 'failed: there is no connection to Redis', { cause, unknown: false })
  }
  return new SessionStoreError(operation, 'failed', { cause, unknown: true })
}

export function unreadable(operation: string): SessionStoreError {
  const problem = 'got an answer that it cannot read; a client that is handed in must give texts, not Buffers'
  return new SessionStoreError(operation, problem, { unknown: true })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : ''
}
