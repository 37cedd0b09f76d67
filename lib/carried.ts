// What a request carries of ours, from the session middleware to `req.session` and to the output of its response.
import { IncomingMessage, type ServerResponse } from 'node:http'
import { at } from './at.js'
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

/** Constructs what it is given, so that a subclass puts its private field on an object that is already there. */
class Given {
  constructor(target: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for
    return target
  }
}

/** A private field: nobody who prints, copies or compares the headers sees it, and it costs a twentieth of a hidden property (measured). */
class Carrying extends Given {
  #carried: Carried | undefined

  static by(carrier: object): Carried | undefined {
    return #carried in carrier ? carrier.#carried : undefined
  }

  static put(carrier: object, carried: Carried): void {
    const carrying = new Carrying(carrier)
    carrying.#carried = carried
  }
}

/**
 * The list of raw headers, which belongs to its request alone and stays: a property of the request itself would have V8 copy the layout of all
 * others, since Express has changed its prototype, and a WeakMap doubles the work of the garbage collector (both measured).
 */
function carrierOf(request: IncomingMessage): object {
  const rawHeaders: unknown = at(request, 'rawHeaders')
  // Test doubles may have none.
  return Array.isArray(rawHeaders) ? rawHeaders : request
}

/** What was asked for last, until its response ends: mostly a request is served in one go, and asks half a dozen times. */
let lastRequest: IncomingMessage | undefined
let lastResponse: ServerResponse | undefined
let lastCarried: Carried | undefined

function byRequest(request: IncomingMessage): Carried | undefined {
  if (lastRequest === request) return lastCarried
  const carried = Carrying.by(carrierOf(request))
  return carried && remembered(request, carried)
}

function byResponse(response: ServerResponse): Carried | undefined {
  if (lastResponse === response) return lastCarried
  const request = at(response, 'req')
  const carried = byRequest(request)
  if (carried !== undefined && lastRequest === request) lastResponse = response
  return carried
}

function forRequest(request: IncomingMessage): Carried {
  const known = byRequest(request)
  if (known !== undefined) return known
  const carried: Carried = { exchange: undefined, outlet: undefined, ender: undefined, gate: undefined }
  Carrying.put(carrierOf(request), carried)
  return remembered(request, carried)
}

/** A request that is done with is nobody's to keep. */
function forget(): void {
  lastRequest = undefined
  lastResponse = undefined
  lastCarried = undefined
}

function remembered(request: IncomingMessage, carried: Carried): Carried {
  // HTTP/2 responses do not tell when they end.
  if (!(request instanceof IncomingMessage)) return carried
  lastRequest = request
  lastResponse = undefined
  lastCarried = carried
  return carried
}

/** Where all copies of this package find the functions of the first: what one puts on a request, or remembers of it, the others must find and forget. */
const CARRYING: unique symbol = Symbol.for('steady-session.carrying') as never

const OWN = { byRequest, byResponse, forRequest, forget }

function shared(): typeof OWN {
  const home = IncomingMessage.prototype as { [CARRYING]?: typeof OWN }
  if (home[CARRYING] === undefined) Object.defineProperty(home, CARRYING, { value: OWN })
  return home[CARRYING] ?? OWN
}

const SHARED: typeof OWN = shared()

export const carriedBy: typeof byRequest = SHARED.byRequest
export const carriedByResponse: typeof byResponse = SHARED.byResponse
export const carryFor: typeof forRequest = SHARED.forRequest
export const forgetLast: typeof forget = SHARED.forget
