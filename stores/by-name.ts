// The only registry of stores: names and URLs to stores. Known to lib/index alone.
import type { SessionStore } from '../lib/store.js'
import { type CookieStoreOptions, cookieStore } from './cookie.js'
import { isMissing, needs } from './drivers.js'
import { type MemcacheStoreOptions, memcacheStore } from './memcache.js'
import { memoryStore } from './memory.js'
import { type RedisStoreOptions, redisStore } from './redis.js'

type Options = Readonly<Record<string, unknown>>

/** What a store that seals its tokens must know of the session's own options. */
interface Context {
  readonly key: string
  readonly secrets: readonly string[]
  /** Reports a mistake that does not stop the application; each code once. */
  warn(code: string, message: string): void
}

interface Known {
  readonly options: readonly string[]
  /** The package that it cannot work without. */
  readonly driver?: string
  open(options: Options, context: Context): SessionStore
}

const STORES: Readonly<Record<string, Known>> = {
  memory: { options: ['max'], open: memoryStore },
  cookie: { options: ['chunks', 'audience', 'revocation'], open: openCookieStore },
  memcache: {
    options: ['servers', 'username', 'password', 'ns'],
    driver: 'memjs',
    open: (options) => memcacheStore(options as MemcacheStoreOptions),
  },
  redis: {
    options: ['server', 'ns', 'compress'],
    driver: 'redis',
    open: (options) => redisStore(options as RedisStoreOptions),
  },
}

/** Schemes of the URLs that name a store. */
const SCHEMES: Readonly<Record<string, Known>> = {
  memcache: urlOf('memcache'),
  redis: urlOf('redis'),
  rediss: urlOf('redis'),
}

/** `option` is where the name stands. Throws a `TypeError` that begins with the option's name, and shows no password. */
export function openStoreByName(name: string, options: Options, context: Context, option: string = 'store'): SessionStore {
  const scheme = /^([a-z]+):\/\//.exec(name)?.[1]
  const [known, key] = scheme === undefined ? [STORES, name] : [SCHEMES, scheme]
  const store = Object.hasOwn(known, key) ? known[key] : undefined
  if (store === undefined) {
    const names = [...Object.keys(STORES), ...Object.keys(SCHEMES).map((each) => `${each}://…`)].join(', ')
    throw new TypeError(`${option}: '${name.replace(/:(\/\/)?.*/s, ':$1…')}' is unknown; known are ${names}`)
  }
  for (const given of Object.keys(options)) {
    if (!store.options.includes(given)) throw new TypeError(`${given}: unknown option; the ${key} store takes ${store.options.join(', ')}`)
  }
  // The code of a connection that failed, since that is what comes of it: said once, and now.
  if (store.driver !== undefined && isMissing(store.driver)) context.warn('CONNECT', `${option}: the ${key} store ${needs(store.driver)}`)
  if (scheme === undefined) return store.open(options, context)
  try {
    return store.open({ ...options, url: name }, context)
  } catch (error) {
    throw renamed(error, 'url', option)
  }
}

/** What the store calls `from` the application wrote as `to`. */
function renamed(error: unknown, from: string, to: string): unknown {
  const starts = error instanceof TypeError && error.message.startsWith(`${from}: `)
  return starts ? new TypeError(to + error.message.slice(from.length)) : error
}

/** The same store, whose address stands in the URL. */
function urlOf(name: string): Known {
  const known = STORES[name] as Known
  return { ...known, options: known.options.filter((option) => option !== 'server' && option !== 'servers') }
}

function openCookieStore(options: Options, context: Context): SessionStore {
  const { revocation, ...own } = options
  const { key, secrets } = context
  const records = typeof revocation === 'string' ? openStoreByName(revocation, {}, context, 'revocation') : revocation
  const given = { ...own, key, secrets, ...(records === undefined ? {} : { revocation: records }) }
  return cookieStore(given as CookieStoreOptions)
}
