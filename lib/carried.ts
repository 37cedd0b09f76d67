// What a request carries of ours, from the session middleware to `req.session` and to the output of its response.
import type { IncomingMessage } from 'node:http'
import type { Exchange } from './exchange.js'
import type { Ender, Outlet, OutputGate } from './held-output.js'

export interface Carried {
  /** The innermost exchange. */
  exchange: Exchange | undefined
  /** The innermost hold of its response. */
  outlet: Outlet | undefined
  /** What meets `end` before all that is below it. */
  ender: Ender | undefined
  gate: OutputGate | undefined
}

/** The same for all copies of this package. */
const CARRIED: unique symbol = Symbol.for('steady-session.carried') as never

interface Carrier {
  [CARRIED]?: Carried
}

/**
 * The list of raw headers, which belongs to its request alone and stays: a property of the request itself would have V8 copy the layout of all
 * others, since Express has changed its prototype, and a WeakMap doubles the work of the garbage collector (both measured).
 */
function carrierOf(request: IncomingMessage): Carrier {
  const { rawHeaders } = request
  // Test doubles may have none.
  return (Array.isArray(rawHeaders) ? rawHeaders : request) as Carrier
}

export function carriedBy(request: IncomingMessage): Carried | undefined {
  return carrierOf(request)[CARRIED]
}

export function carryFor(request: IncomingMessage): Carried {
  const carrier = carrierOf(request)
  const carried = carrier[CARRIED]
  if (carried !== undefined) return carried
  const value: Carried = { exchange: undefined, outlet: undefined, ender: undefined, gate: undefined }
  // Not enumerable: who prints or compares the headers sees nothing.
  Object.defineProperty(carrier, CARRIED, { value })
  return value
}
