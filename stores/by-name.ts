// The only registry of stores: names and URLs to stores. Known to lib/index alone.
import type { SessionStore } from '../lib/store.js'
import { memoryStore } from './memory.js'

type Options = Readonly<Record<string, unknown>>

const STORES: Readonly<Record<string, { readonly options: readonly string[]; open(options: Options): SessionStore }>> = {
  memory: { options: ['max'], open: memoryStore },
}

/** Throws a `TypeError` that begins with the option's name. */
export function openStoreByName(name: string, options: Options): SessionStore {
  const store = Object.hasOwn(STORES, name) ? STORES[name] : undefined
  if (store === undefined)
    throw new TypeError(`store: '${name.replace(/\/\/.*/s, '//…')}' is unknown; known are ${Object.keys(STORES).join(', ')}`)
  for (const option of Object.keys(options)) {
    if (!store.options.includes(option))
      throw new TypeError(`${option}: unknown option; the ${name} store takes ${store.options.join(', ')}`)
  }
  return store.open(options)
}
