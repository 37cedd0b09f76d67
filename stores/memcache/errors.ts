// What a failure of memcached means: whether the call may have taken effect, in words that hold no address.
import { SessionError, SessionStoreError, SessionTooLargeError } from '../../lib/errors.js'
import { TOO_LARGE } from './protocol.js'

/** There is no connection at this moment; nothing was sent. */
export class NotConnectedError extends Error {
  constructor(options?: ErrorOptions) {
    super('not connected', options)
    this.name = 'NotConnectedError'
  }
}

const NOT_SENT = /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|timed out connecting|No servers available/
const SILENT = /does not answer|timed out/
const REFUSED_LOGIN = /authentication failed/

/** Statuses by which memcached says that it did nothing. */
const REFUSALS: Readonly<Record<number, string>> = {
  8: 'username or password is wrong',
  32: 'username or password is wrong',
  129: 'the server does not know the command',
  130: 'out of memory',
  131: 'the server does not support the command',
  133: 'the server is busy',
  134: 'the server has a temporary failure',
}

export function storeError(operation: string, cause: unknown): Error {
  if (cause instanceof SessionError) return cause
  if (isLoginRefused(cause)) return loginRefused(operation, cause)
  if (cause instanceof NotConnectedError || NOT_SENT.test(messageOf(cause))) return notConnected(operation, cause)
  return new SessionStoreError(operation, 'failed', { cause, unknown: true })
}

/** The server answered, and it was a refusal. */
export function refusal(operation: string, status: number): Error {
  if (status === TOO_LARGE) return new SessionTooLargeError('the session is larger than memcached takes (its option -I, by default 1 MiB)')
  const problem = REFUSALS[status] ?? `status ${status}`
  return new SessionStoreError(operation, `was refused: ${problem}`, { unknown: false })
}

export function unreadable(operation: string): SessionStoreError {
  return new SessionStoreError(operation, 'found an item that it cannot read: something else writes keys of this ns', { unknown: false })
}

export function tooManyWriters(operation: string, attempts: number): SessionStoreError {
  return new SessionStoreError(operation, `gave up: other writers were faster ${attempts} times`, { unknown: false })
}

/** By name and password; memjs says it in a text. */
export function isLoginRefused(cause: unknown): boolean {
  return REFUSED_LOGIN.test(messageOf(cause))
}

/** Waiting and trying again does not help. */
export function isFinal(error: unknown): boolean {
  return error instanceof SessionStoreError && !error.unknown && !isNotSent(error)
}

/** The connection broke; the next one may answer. Of a server that was silent nothing better is to be expected. */
export function isBroken(error: unknown): boolean {
  return error instanceof SessionStoreError && error.unknown && !SILENT.test(String(error.cause))
}

/** Nothing was sent: the same may be asked of another server. */
export function isNotSent(error: unknown): boolean {
  return error instanceof SessionStoreError && error.cause instanceof NotConnectedError
}

function loginRefused(operation: string, cause: unknown): SessionStoreError {
  return new SessionStoreError(operation, 'was refused: username or password is wrong', { cause, unknown: false })
}

function notConnected(operation: string, given: unknown): SessionStoreError {
  const cause = given instanceof NotConnectedError ? given : new NotConnectedError({ cause: given })
  return new SessionStoreError(operation, 'failed: there is no connection to memcached', { cause, unknown: false })
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
