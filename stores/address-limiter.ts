// How many new sessions a network address may make: counted by the package `rate-limiter-flexible`, in Redis where the sessions are in Redis, else in this process.
import { createRequire as requireFrom } from 'node:module'
import type { SessionStore } from '../lib/store.js'
import { needs } from './drivers.js'
import { HERE } from './here.js'

const PACKAGE = 'rate-limiter-flexible'

/** As the limiters of the package are. */
interface AddressLimiter {
  consume(key: string): Promise<unknown>
}

interface Limits {
  readonly points: number
  readonly duration: number
  readonly keyPrefix: string
}

interface Package {
  readonly RateLimiterMemory: new (limits: Limits) => AddressLimiter
  readonly RateLimiterRedis: new (limits: Limits & { readonly storeClient: unknown; readonly useRedisPackage: true }) => AddressLimiter
}

/** Throws a `TypeError` with the command that installs the package if it is missing. */
export function openAddressLimiter(
  store: SessionStore,
  { max, windowMs }: { readonly max: number; readonly windowMs: number },
): AddressLimiter {
  const { RateLimiterMemory, RateLimiterRedis } = load()
  const limits = { points: max, duration: Math.max(1, Math.ceil(windowMs / 1000)), keyPrefix: 'address' }
  const { evaluate } = store as SessionStore & { evaluate?: Evaluate }
  if (evaluate === undefined) return new RateLimiterMemory(limits)
  // All that it asks of a client of the package `redis`, over the store's own connection.
  const storeClient = {
    eval: (script: string, { keys, arguments: args }: { keys: readonly string[]; arguments: readonly string[] }) =>
      evaluate.call(store, script, keys, args),
  }
  return new RateLimiterRedis({ ...limits, storeClient, useRedisPackage: true })
}

type Evaluate = (script: string, keys: readonly string[], args: readonly string[]) => Promise<unknown>

function load(): Package {
  try {
    return requireFrom(HERE)(PACKAGE) as Package
  } catch (cause) {
    throw new TypeError(`limits.perAddress: ${needs(PACKAGE)}`, { cause })
  }
}
