// Errors are told apart by `code`: the ESM and the CommonJS copy of a class are not the same class.

export type SessionErrorCode =
  | 'ERR_SESSION_STORE'
  | 'ERR_SESSION_GONE'
  | 'ERR_SESSION_DATA'
  | 'ERR_SESSION_TOO_LARGE'
  | 'ERR_SESSION_CONFLICT'
  | 'ERR_SESSION_CLOSED'
  | 'ERR_SESSION_MISSING'
  | 'ERR_SESSION_UNSUPPORTED'
  | 'ERR_SESSION_LIMIT'
  /** Of `steady-session/auth`. */
  | 'ERR_SESSION_NOT_SIGNED_IN'

/**
 * Base of every error of this package. `status` is what an HTTP response should say (Express, Connect and http-errors
 * read it), `expose: false` keeps the message from the client.
 */
export class SessionError extends Error {
  readonly code: SessionErrorCode
  readonly status: number
  readonly expose = false

  constructor(code: SessionErrorCode, status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.status = status
  }
}

/** The store failed or did not answer in time. `cause` is the driver's error; the message holds no address and no secret. */
export class SessionStoreError extends SessionError {
  readonly operation: string
  /** Whether the call may have taken effect all the same: a timeout is "unknown", not "failed". */
  readonly unknown: boolean
  /** It did not answer within its deadline. */
  readonly timedOut: boolean
  /** Sent along by Express and Connect. */
  readonly headers: Readonly<Record<string, string>> = { 'Retry-After': '1' }

  constructor(operation: string, problem: string, options: ErrorOptions & { unknown: boolean; timedOut?: boolean }) {
    super('ERR_SESSION_STORE', 503, `session store: ${operation} ${problem}`, options)
    this.operation = operation
    this.unknown = options.unknown
    this.timedOut = options.timedOut ?? false
  }
}

/** The session was ended, signed in anew or expired while this request held it; nothing was saved. */
export class SessionGoneError extends SessionError {
  constructor() {
    super('ERR_SESSION_GONE', 409, 'the session was ended or signed in anew by another request; nothing was saved')
  }
}

/** A value cannot be stored, or a stored value cannot be read. */
export class SessionDataError extends SessionError {
  readonly key: string

  constructor(key: string, problem: string, options?: ErrorOptions) {
    super('ERR_SESSION_DATA', 500, `session key ${JSON.stringify(key.slice(0, 100))}: ${problem}`, options)
    this.key = key
  }
}

/** The session does not fit where it must go (an encrypted cookie of 4096 bytes). */
export class SessionTooLargeError extends SessionError {
  constructor(message: string) {
    super('ERR_SESSION_TOO_LARGE', 500, message)
  }
}

/** `update` or `increment` met a conflict at every attempt; nothing was saved. */
export class SessionConflictError extends SessionError {
  constructor(key: string) {
    super('ERR_SESSION_CONFLICT', 409, `session key ${JSON.stringify(key.slice(0, 100))}: other requests changed it at every attempt`)
  }
}

/** The session was used when it could no longer be: after the first byte (when a cookie is needed), after the response or after its end. */
export class SessionClosedError extends SessionError {
  constructor(message: string) {
    super('ERR_SESSION_CLOSED', 500, message)
  }
}

/** `req.session` was used before the middleware ran, or after it failed to load the session. */
export class SessionMissingError extends SessionError {
  constructor(message: string) {
    super('ERR_SESSION_MISSING', 500, message)
  }
}

/** The store cannot do this; the message says which can. */
export class UnsupportedByStoreError extends SessionError {
  constructor(message: string) {
    super('ERR_SESSION_UNSUPPORTED', 501, message)
  }
}

/** A limit of sessions is reached; nobody was signed in. */
export class SessionLimitError extends SessionError {
  readonly limit: 'perUser' | 'perAddress'

  constructor(limit: 'perUser' | 'perAddress') {
    const [status, problem] =
      limit === 'perUser' ? [409, 'the user has as many sessions as may be'] : [429, 'too many new sessions from this address']
    super('ERR_SESSION_LIMIT', status, `${problem}; nobody was signed in`)
    this.limit = limit
  }
}

/** Whether the error has this code, whichever copy of this package made it. */
export function hasCode(error: unknown, code: SessionErrorCode): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}

export function isTimeout(error: unknown): boolean {
  return hasCode(error, 'ERR_SESSION_STORE') && (error as SessionStoreError).timedOut === true
}

/** Whether a failed write may have taken effect all the same. A store that says "too large" has not tried. */
export function isUnknownOutcome(error: unknown): boolean {
  if (hasCode(error, 'ERR_SESSION_TOO_LARGE')) return false
  return !(hasCode(error, 'ERR_SESSION_STORE') && (error as SessionStoreError).unknown === false)
}
