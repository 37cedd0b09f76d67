// express-session's store contract, and its calls as promises.
import type { StoredObject } from './record.js'

/** What `new RedisStore({ client })` and its like are: callbacks, error first. A promise beside the callback is allowed. */
export interface ExpressSessionStore {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown
  set(sid: string, session: StoredObject, callback: (error?: unknown) => void): unknown
  destroy(sid: string, callback: (error?: unknown) => void): unknown
}

/** A store of our own contract has a `create`, whatever else it has; a `Map` has no `destroy`. */
export function isExpressStore(store: unknown): store is ExpressSessionStore {
  if (typeof store !== 'object' || store === null || 'create' in store) return false
  const methods = store as Readonly<Record<string, unknown>>
  return ['get', 'set', 'destroy'].every((method) => typeof methods[method] === 'function')
}

type Callback = (error?: unknown, answer?: unknown) => void

const SID_AND_CALLBACK = 2
const SID_SESSION_AND_CALLBACK = 3

export class Calls {
  readonly #store: ExpressSessionStore

  constructor(store: ExpressSessionStore) {
    this.#store = store
  }

  /** What is stored, whatever it is; `undefined` or `null` if nothing. */
  async get(sid: string): Promise<unknown> {
    const store = this.#store
    try {
      return await once((callback) => store.get(sid, callback), store.get.length < SID_AND_CALLBACK)
    } catch (error) {
      // express-session takes this code for "no session": stores in files hand their error through.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  async set(sid: string, session: StoredObject): Promise<void> {
    const store = this.#store
    await once((callback) => store.set(sid, session, callback), store.set.length < SID_SESSION_AND_CALLBACK)
  }

  async destroy(sid: string): Promise<void> {
    const store = this.#store
    await once((callback) => store.destroy(sid, callback), store.destroy.length < SID_AND_CALLBACK)
  }
}

/**
 * The first answer counts. A promise that the method also returns tells of a failure before the callback was called; its value is the answer
 * only if the method declares no callback, since an async method may be through long before its callback is.
 */
function once(call: (callback: Callback) => unknown, promiseOnly: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = call((error, answer) => {
      if (error === undefined || error === null) resolve(answer)
      else reject(error)
    })
    if (isThenable(returned)) returned.then(promiseOnly ? resolve : undefined, reject)
  })
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
