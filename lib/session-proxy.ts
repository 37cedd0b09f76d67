// `req.session.cart` is `req.session.get('cart')`. Thin: nothing is done per key until a key is used.
import { dataKeys, RESERVED, type Session, STATE } from './session.js'
import type { SessionProperties } from './session-data.js'
import type { SessionState } from './session-state.js'

/** Object methods that code calls on any object; data of that name goes first. */
const OF_OBJECT: ReadonlySet<string> = new Set(
  'hasOwnProperty,propertyIsEnumerable,isPrototypeOf,toString,toLocaleString,valueOf'.split(','),
)

/** The session as the handler sees it: its methods, and the data as properties. */
export function proxied(state: SessionState): Session & SessionProperties {
  return new Proxy(state.facade, HANDLER) as Session & SessionProperties
}

const HANDLER: ProxyHandler<Session> = {
  get(session, key) {
    // Each method asks for it.
    if (key === STATE) return session[STATE]
    if (typeof key === 'symbol' || RESERVED.has(key)) return Reflect.get(session, key)
    const value: unknown = session.get(key)
    return value === undefined && OF_OBJECT.has(key) ? Reflect.get(session, key) : value
  },

  set(session, key, value) {
    if (typeof key === 'symbol') return Reflect.set(session, key, value)
    assertFree(key)
    session.set(key, value)
    return true
  },

  has(session, key) {
    return typeof key === 'symbol' || RESERVED.has(key) ? Reflect.has(session, key) : session.has(key)
  },

  deleteProperty(session, key) {
    if (typeof key === 'symbol') return Reflect.deleteProperty(session, key)
    assertFree(key)
    session.delete(key)
    return true
  },

  preventExtensions: () => false,

  ownKeys: (session) => dataKeys(session).filter(isShown),

  getOwnPropertyDescriptor(session, key) {
    if (typeof key === 'symbol' || !isShown(key) || !session.has(key)) return undefined
    return { value: session.get(key), writable: true, enumerable: true, configurable: true }
  },

  defineProperty(session, key, descriptor) {
    if (typeof key === 'symbol') return Reflect.defineProperty(session, key, descriptor)
    assertFree(key)
    if (!('value' in descriptor)) throw new TypeError(`req.session.${key}: a getter cannot be stored`)
    session.set(key, descriptor.value)
    return true
  },
}

/** Copies of the session (spread, Object.assign) must neither swap a prototype nor pass a method for data. */
function isShown(key: string): boolean {
  return key !== '__proto__' && !RESERVED.has(key)
}

function assertFree(key: string): void {
  if (!RESERVED.has(key)) return
  throw new TypeError(`req.session.${key} belongs to the session; store data of that name with req.session.set('${key}', …)`)
}
