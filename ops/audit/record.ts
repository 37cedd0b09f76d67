// From an event of the core to what is kept of it. Nothing of a token, a cookie, a value or the store's address is in it.
import type { IncomingMessage } from 'node:http'
import type { SessionApp } from '../../lib/app.js'
import type { EndReason, SessionEvents } from '../../lib/events.js'
import { originOf } from '../../lib/origin.js'
import { printable } from './printable.js'

/** The events that are kept, in the words of `sessions.on`. */
export type AuditedEvent = Exclude<keyof SessionEvents, 'conflict' | 'storeCall' | 'committed'>

/** One line; `ops/audit.schema.json` says the same. */
export interface AuditRecord {
  readonly level: 'info' | 'warn' | 'error'
  /** ISO 8601, UTC. */
  readonly time: string
  /** `dropped`: lines that the sink did not take. */
  readonly event: AuditedEvent | 'dropped'
  readonly reason?: string
  readonly handle: string | null
  readonly user: string | null
  readonly address: string | null
  readonly agent: string | null
  readonly requestId?: string
  /** Names of the keys that changed; never values. */
  readonly keys?: readonly string[]
  /** How many more there were. */
  readonly keysOmitted?: number
  readonly what?: readonly string[]
  readonly action?: string
  readonly elsewhere?: true
  readonly operation?: string
  readonly code?: string
  readonly timedOut?: boolean
  /** Of one line for many: how many, when, and from how many addresses (1000: or more). */
  readonly count?: number
  readonly first?: string
  readonly last?: string
  readonly addresses?: number
}

type Details = { readonly [N in AuditedEvent]: (event: SessionEvents[N]) => Partial<AuditRecord> }

const NONE: Partial<AuditRecord> = Object.freeze({})
const nothing = (): Partial<AuditRecord> => NONE

const DETAILS: Details = {
  created: nothing,
  signedIn: nothing,
  rotated: nothing,
  changed: ({ keys }) => keyNames(keys),
  ended: ({ reason, clock, elsewhere }) => ({ reason: endReason(reason, clock), ...(elsewhere === true ? { elsewhere } : NONE) }),
  endedAll: ({ elsewhere }) => (elsewhere ? { elsewhere } : NONE),
  gone: nothing,
  rejected: ({ reason }) => ({ reason }),
  mismatch: ({ what, action }) => ({ what, action }),
  reuse: nothing,
  limitDenied: ({ limit }) => ({ reason: limit }),
  commitFailed: ({ error }) => failure(error),
  storeError: ({ error }) => failure(error),
}

export const AUDITED = Object.keys(DETAILS) as AuditedEvent[]

const LEVELS: Readonly<Partial<Record<AuditRecord['event'], AuditRecord['level']>>> = {
  rejected: 'warn',
  mismatch: 'warn',
  reuse: 'warn',
  limitDenied: 'warn',
  commitFailed: 'error',
  storeError: 'error',
}

/** Exhaustive: another process may say why it ended a session, and a log must not repeat what it does not know. */
const END_REASONS: Readonly<Record<EndReason, true>> = {
  signedOut: true,
  destroyed: true,
  regenerated: true,
  manager: true,
  expired: true,
  evicted: true,
  unknownOutcome: true,
  mismatch: true,
  limit: true,
}

const MAX_ID = 256
const MAX_KEYS = 50
const MAX_KEY = 100

export type RequestIdOf = (request: IncomingMessage) => unknown

/** `request.id` is where pino-http, express-request-id and Fastify's adapters put it. */
export const ownRequestId: RequestIdOf = (request) => (request as { readonly id?: unknown }).id

export function recordOf<N extends AuditedEvent>(
  { config }: Pick<SessionApp, 'config'>,
  name: N,
  event: SessionEvents[N],
  requestId: RequestIdOf,
): AuditRecord {
  const { handle, userId, request } = event as { readonly handle?: string; readonly userId?: string; readonly request?: IncomingMessage }
  return {
    level: LEVELS[name] ?? 'info',
    time: new Date().toISOString(),
    event: name,
    ...DETAILS[name](event),
    handle: idOrNull(handle),
    user: idOrNull(userId),
    ...(request === undefined ? NOWHERE : placeOf(config, request, requestId)),
  }
}

const NOWHERE = Object.freeze({ address: null, agent: null })

type Place = Pick<AuditRecord, 'address' | 'agent' | 'requestId'>

/** At once, since a request whose client has left has no address any more. */
function placeOf(config: SessionApp['config'], request: IncomingMessage, requestId: RequestIdOf): Place {
  const { address = null, agent = null } = attempt(() => originOf(config, request)) ?? {}
  const id = attempt(() => requestId(request))
  return { address, agent, ...(typeof id === 'string' || typeof id === 'number' ? { requestId: printable(id, MAX_ID) } : NONE) }
}

/** Both ask the application (`trust proxy` may be a function), whose failure must not cost the line. */
function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}

function idOrNull(id: string | undefined): string | null {
  return id === undefined || id === '' ? null : printable(id, MAX_ID)
}

function keyNames(keys: readonly string[]): Partial<AuditRecord> {
  const omitted = keys.length - MAX_KEYS
  return { keys: keys.slice(0, MAX_KEYS).map((key) => printable(key, MAX_KEY)), ...(omitted > 0 ? { keysOmitted: omitted } : NONE) }
}

function endReason(reason: EndReason, clock: 'idle' | 'absolute' | undefined): string {
  if (reason === 'expired' && clock !== undefined) return clock === 'idle' ? 'expiredIdle' : 'expiredAbsolute'
  return Object.hasOwn(END_REASONS, reason) ? reason : 'other'
}

/** What is known of the error by our own words; messages and causes are a driver's, and stay out. */
function failure(error: unknown): Partial<AuditRecord> {
  const { code, operation, timedOut } = (error ?? {}) as {
    readonly code?: unknown
    readonly operation?: unknown
    readonly timedOut?: unknown
  }
  return {
    ...(isWord(operation) ? { operation } : NONE),
    code: typeof code === 'string' && /^ERR_SESSION_[A-Z_]{1,30}$/.test(code) ? code : 'other',
    ...(typeof timedOut === 'boolean' ? { timedOut } : NONE),
  }
}

function isWord(text: unknown): text is string {
  return typeof text === 'string' && /^[a-zA-Z]{1,20}$/.test(text)
}
