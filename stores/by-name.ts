// The only registry of stores: names and URLs to stores. Known to lib/index alone.
import type { SessionStore } from '../lib/store.js'
import { type CookieStoreOptions, cookieStore } from './cookie.js'
import { type MemcacheStoreOptions, memcacheStore } from './memcache.js'
import { memoryStore } from './memory.js'
import { type RedisStoreOptions, redisStore } from './redis.js'

type Options = Readonly<Record<string, unknown>>

/** What a store that seals its tokens must know of the session's own options. */
interface Context {
  readonly key: string
  readonly secrets: readonly string[]
  readonly idleMs: number
}

interface Known {
  readonly options: readonly string[]
  open(options: Options, context: Context): SessionStore
}

const STORES: Readonly<Record<string, Known>> = {
  memory: { options: ['max'], open: memoryStore },
  cookie: { options: ['chunks', 'audience', 'revocation'], open: openCookieStore },
  memcache: { options: ['servers', 'username', 'password', 'ns'], open: (options) => memcacheStore(options as MemcacheStoreOptions) },
  redis: { options: ['server', 'ns', 'compress'], open: (options) => redisStore(options as RedisStoreOptions) },
}

/** Schemes of the URLs that name a store. */
const SCHEMES: Readonly<Record<string, Known>> = {
  redis: urlOf('redis'),
  rediss: urlOf('redis'),
}

/** Throws a `TypeError` that begins with the option's name, and shows no password. */
export function openStoreByName(name: string, options: Options, context: Context): SessionStore {
  const scheme = /^([a-z]+):\/\//.exec(name)?.[1]
  const [known, key] = scheme === undefined ? [STORES, name] : [SCHEMES, scheme]
  const store = Object.hasOwn(known, key) ? known[key] : undefined
  if (store === undefined) {
    const names = [...Object.keys(STORES), ...Object.keys(SCHEMES).map((each) => `${each}://…`)].join(', ')
    throw new TypeError(`store: '${name.replace(/\/\/.*/s, '//…')}' is unknown; known are ${names}`)
  }
  for (const option of Object.keys(options)) {
    if (!store.options.includes(option))
      throw new TypeError(`${option}: unknown option; the ${key} store takes ${store.options.join(', ')}`)
  }
  return store.open(scheme === undefined ? options : { ...options, url: name }, context)
}

/** The same store, whose address stands in the URL. */
function urlOf(name: string): Known {
  const { options, open } = STORES[name] as Known
  return { options: options.filter((option) => option !== 'server' && option !== 'servers'), open }
}

function openCookieStore(options: Options, context: Context): SessionStore {
  const { revocation, ...own } = options
  const { key, secrets, idleMs } = context
  const records = typeof revocation === 'string' ? openStoreByName(revocation, {}, context) : revocation
  const given = { ...own, key, secrets, longestIdleMs: idleMs, ...(records === undefined ? {} : { revocation: records }) }
  return cookieStore(given as CookieStoreOptions)
}
