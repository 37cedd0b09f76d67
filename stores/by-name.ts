// The only registry of stores: names and URLs to stores. Known to lib/index alone.
import type { SessionStore } from '../lib/store.js'
import { type CookieStoreOptions, cookieStore } from './cookie.js'
import { memoryStore } from './memory.js'

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
  cookie: { options: ['chunks', 'audience', 'revocation'], open: openCookieStore },
  memory: { options: ['max'], open: memoryStore },
}

/** Throws a `TypeError` that begins with the option's name. */
export function openStoreByName(name: string, options: Options, context: Context): SessionStore {
  const store = Object.hasOwn(STORES, name) ? STORES[name] : undefined
  if (store === undefined)
    throw new TypeError(`store: '${name.replace(/\/\/.*/s, '//…')}' is unknown; known are ${Object.keys(STORES).join(', ')}`)
  for (const option of Object.keys(options)) {
    if (!store.options.includes(option))
      throw new TypeError(`${option}: unknown option; the ${name} store takes ${store.options.join(', ')}`)
  }
  return store.open(options, context)
}

function openCookieStore(options: Options, context: Context): SessionStore {
  const { revocation, ...own } = options
  const { key, secrets, idleMs } = context
  const records = typeof revocation === 'string' ? openStoreByName(revocation, {}, context) : revocation
  const given = { ...own, key, secrets, longestIdleMs: idleMs, ...(records === undefined ? {} : { revocation: records }) }
  return cookieStore(given as CookieStoreOptions)
}
