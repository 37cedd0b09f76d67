// A route that touches `req.session` before the middleware ran learns so, instead of "cannot read properties of undefined".
import { IncomingMessage } from 'node:http'
import { SessionMissingError } from './errors.js'
import { RESERVED } from './session.js'

/** Shared by all copies of this package in the process. */
const BRAND: unique symbol = Symbol.for('steady-session.middleware') as never

interface Layer {
  readonly handle?: { readonly stack?: readonly Layer[]; readonly [BRAND]?: true }
}

type Router = { readonly stack?: readonly Layer[] } | undefined

interface ExpressRequest {
  readonly app?: { readonly _router?: Router; readonly router?: Router }
}

/**
 * Marks the middleware, and lets requests that it has not seen look for the mark: where Express has it mounted further down, `req.session` is
 * a stand-in whose methods say what is wrong. In every other application `req.session` stays `undefined`.
 */
export function helpEarlyTouch(middleware: object): void {
  Object.defineProperty(middleware, BRAND, { value: true })
  if (Object.hasOwn(IncomingMessage.prototype, 'session')) return
  Object.defineProperty(IncomingMessage.prototype, 'session', {
    configurable: true,
    enumerable: false,
    get(this: ExpressRequest) {
      return isMountedIn(this) ? standIn() : undefined
    },
    set(value: unknown) {
      Object.defineProperty(this, 'session', { value, writable: true, enumerable: true, configurable: true })
    },
  })
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
function standIn(): object {
  const complain = (key: string): never => {
    throw new SessionMissingError(`req.session.${key}: the session middleware has not run for this request; move app.use(session(…)) above this route`)
  }
  return new Proxy(Object.create(null), {
    get: (_target, key) => (typeof key === 'string' && RESERVED.has(key) ? complain(key) : undefined),
    set: (_target, key) => complain(String(key)),
    deleteProperty: (_target, key) => complain(String(key)),
    defineProperty: (_target, key) => complain(String(key)),
  })
}
