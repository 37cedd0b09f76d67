// `req.session`: one accessor for all requests, so that a request that never looks at its session pays nothing for it.
import { IncomingMessage } from 'node:http'
import { carriedBy, carryFor } from './carried.js'
import { SessionMissingError } from './errors.js'
import type { Exchange } from './exchange.js'
import { RESERVED } from './session.js'

const SESSION_PROPERTY: PropertyDescriptor = {
  get(this: IncomingMessage) {
    const exchange = currentExchange(this)
    if (exchange !== undefined) return exchange.session
    return isMountedIn(this as ExpressRequest) ? standIn(NOT_RUN) : undefined
  },
  // Whoever assigns it (another session library in another application) gets an ordinary property.
  set(this: IncomingMessage, value: unknown) {
    Object.defineProperty(this, 'session', { value, writable: true, enumerable: true, configurable: true })
  },
  enumerable: false,
  configurable: true,
}

/** Lets `req.session` lead to the exchange. Returns the one that it led to before. */
export function attach(request: IncomingMessage, exchange: Exchange): Exchange | undefined {
  const carried = carryFor(request)
  const before = carried.exchange
  carried.exchange = exchange
  // HTTP/2 requests, and test doubles.
  if (!(request instanceof IncomingMessage)) Object.defineProperty(request, 'session', SESSION_PROPERTY)
  return before
}

/** After a load that failed: error handlers may ask `req.session?.userId`, and get no wrong advice if they go further. */
export function attachFailure(request: IncomingMessage): void {
  Object.defineProperty(request, 'session', { value: standIn(NOT_LOADED), writable: true, configurable: true })
}

/** The innermost exchange of the request. */
export function currentExchange(request: IncomingMessage): Exchange | undefined {
  return carriedBy(request)?.exchange
}

/** Shared by all copies of this package in the process. */
const BRAND: unique symbol = Symbol.for('steady-session.middleware') as never

const NOT_RUN = 'the session middleware has not run for this request; move app.use(session(…)) above this route'
const NOT_LOADED = 'the session could not be loaded, which is the error that this request ended with'

interface Layer {
  readonly handle?: { readonly stack?: readonly Layer[]; readonly [BRAND]?: true }
}

type Router = { readonly stack?: readonly Layer[] } | undefined

interface ExpressRequest {
  readonly app?: { readonly _router?: Router; readonly router?: Router }
}

/**
 * Installs the accessor, and marks the middleware: where Express has it mounted further down, `req.session` before it is a stand-in whose methods say
 * what is wrong, instead of "cannot read properties of undefined". In every other application it stays `undefined`.
 */
export function installAccessor(middleware: object): void {
  Object.defineProperty(middleware, BRAND, { value: true })
  if (!Object.hasOwn(IncomingMessage.prototype, 'session')) Object.defineProperty(IncomingMessage.prototype, 'session', SESSION_PROPERTY)
}

function isMountedIn({ app }: ExpressRequest): boolean {
  // Express 4 throws at `app.router` and has `_router`; Express 5 has `router` only.
  const router = app === undefined ? undefined : (app._router ?? app.router)
  return hasBrand(router?.stack ?? [], 0)
}

function hasBrand(stack: readonly Layer[], depth: number): boolean {
  return stack.some(({ handle }) => handle?.[BRAND] === true || (depth < 8 && hasBrand(handle?.stack ?? [], depth + 1)))
}

/** Reads as empty, so that `req.session?.userId` in a logger does no harm. */
function standIn(problem: string): object {
  const complain = (key: string): never => {
    throw new SessionMissingError(`req.session.${key}: ${problem}`)
  }
  return new Proxy(Object.create(null), {
    get: (_target, key) => (typeof key === 'string' && key !== 'toJSON' && RESERVED.has(key) ? complain(key) : undefined),
    set: (_target, key) => complain(String(key)),
    deleteProperty: (_target, key) => complain(String(key)),
    defineProperty: (_target, key) => complain(String(key)),
  })
}
