// The option `limits`, read once.
import { type Duration, durationMs } from './durations.js'
import type { ManagedSession } from './managed-session.js'
import type { SessionStore } from './store.js'

/** Which session goes when a user has too many: a choice among all, or the handle of one. */
export type ExceedPolicy =
  | 'terminate_oldest'
  | 'terminate_idlest'
  | 'deny_new'
  | 'allow_all'
  | ((sessions: readonly ManagedSession[]) => string | null | undefined)

export interface LimitOptions {
  /** Most sessions of one user. */
  readonly perUser?: number
  /** What happens beyond it. Default `'terminate_oldest'`: the one signed in longest ago ends. Lower priorities always go first. */
  readonly onExceed?: ExceedPolicy
  /**
   * Most new sessions that one network address may make in that time. Needs the package `rate-limiter-flexible`, which counts in Redis where the sessions are in Redis, and else in each
   * process; or a limiter of it that the application has.
   */
  readonly perAddress?: AddressLimitOptions
}

export interface AddressLimitOptions {
  readonly max: number
  readonly window: Duration
  readonly limiter?: AddressLimiter
}

/** As the limiters of `rate-limiter-flexible` are. */
export interface AddressLimiter {
  /** Rejects with what is no `Error` if there were too many, and with an `Error` if it failed. */
  consume(key: string): Promise<unknown>
}

export type OpenLimiter = (store: SessionStore, limits: { readonly max: number; readonly windowMs: number }) => AddressLimiter

/** As `signIn` takes it. */
export type Priority = 'low' | 'normal' | 'high'

export interface SessionLimits {
  /** `null`: any number. */
  readonly perUser: number | null
  readonly onExceed: ExceedPolicy
  /** `null`: any number. */
  readonly perAddress: AddressLimiter | null
}

const POLICIES: readonly unknown[] = ['terminate_oldest', 'terminate_idlest', 'deny_new', 'allow_all']
const PRIORITIES: Readonly<Record<Priority, number>> = { low: -1, normal: 0, high: 1 }
const KNOWN = ['perUser', 'onExceed', 'perAddress']

/** `null`: nothing is limited. Throws a `TypeError` that begins with the option's name. */
export function limitsOf(given: unknown, store: SessionStore, openLimiter: OpenLimiter): SessionLimits | null {
  if (given === undefined) return null
  if (typeof given !== 'object' || given === null) throw new TypeError('limits: expected an object such as { perUser: 5 }')
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw new TypeError(`limits.${unknown}: unknown option; known are ${KNOWN.join(', ')}`)
  const { perUser, onExceed = 'terminate_oldest', perAddress } = given as LimitOptions
  if (typeof onExceed !== 'function' && !POLICIES.includes(onExceed)) {
    throw new TypeError(`limits.onExceed: expected a function or one of ${POLICIES.join(', ')}`)
  }
  if (perUser !== undefined) assertPerUser(perUser, store)
  return {
    perUser: perUser === undefined || onExceed === 'allow_all' ? null : perUser,
    onExceed,
    perAddress: perAddress === undefined ? null : limiterOf(perAddress, store, openLimiter),
  }
}

function limiterOf(perAddress: AddressLimitOptions, store: SessionStore, openLimiter: OpenLimiter): AddressLimiter {
  if (typeof perAddress !== 'object' || perAddress === null)
    throw new TypeError("limits.perAddress: expected an object such as { max: 20, window: '1h' }")
  const max = whole('limits.perAddress.max', perAddress.max)
  const windowMs = durationMs('limits.perAddress.window', perAddress.window)
  const limiter = perAddress.limiter ?? openLimiter(store, { max, windowMs })
  if (typeof limiter.consume !== 'function')
    throw new TypeError('limits.perAddress.limiter: expected a limiter of rate-limiter-flexible; consume() is missing')
  return limiter
}

export function priorityOf(priority: unknown): number {
  if (typeof priority === 'string' && Object.hasOwn(PRIORITIES, priority)) return PRIORITIES[priority as Priority]
  throw new TypeError("priority: expected 'low', 'normal' or 'high'")
}

function assertPerUser(perUser: unknown, { index, name }: SessionStore): void {
  whole('limits.perUser', perUser)
  if (index?.admit !== undefined && index.reserve !== undefined) return
  throw new TypeError(`limits.perUser: the ${name} store cannot find sessions by user; the memory store can, and so can Redis`)
}

function whole(option: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw new TypeError(`${option}: expected a positive whole number`)
}
