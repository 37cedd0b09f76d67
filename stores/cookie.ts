// Sessions in an encrypted cookie: the server keeps none of them, so what is said of a copy of the cookie is said of the session.
//
// An old cookie restores old data for as long as it would have lived, and ending a session deletes the browser's copy alone: keep no
// counters, one-time codes or credits there, or name a `revocation` store, which at least lets a session end.

import { changedValues, copyText, meetsExpectations } from '../lib/apply.js'
import { factsOfNew, factsOfRotated, factsOfSlid, factsOfUpdated, isSlideDue } from '../lib/facts.js'
import type {
  LoadedSession,
  MaybePromise,
  SessionChanges,
  SessionRecord,
  SessionStore,
  StoredSession,
  StoreLimit,
  UpdateResult,
} from '../lib/store.js'
import { newHandle } from '../lib/token.js'
import { type Content, contentFromText, contentOf, contentToText } from './cookie/content.js'
import { isLiveHere } from './cookie/facts.js'
import { type CompleteOptions, type CookieStoreOptions, completeOptions } from './cookie/options.js'
import type { Opened } from './cookie/recent.js'
import { RecordedStore } from './cookie/recorded.js'
import { Sealer } from './cookie/sealer.js'

export type { CookieStoreOptions } from './cookie/options.js'

export interface CookieStore extends SessionStore {
  readonly sealsToken: true
  readonly cannot: readonly StoreLimit[]
  /** Most parts of a token; they are separated by dots, and of several each travels in a cookie of its own: `sid.0`, `sid.1` … */
  readonly tokenParts: number
}

export function cookieStore(options: CookieStoreOptions): CookieStore {
  const complete = completeOptions(options)
  return complete.revocation === undefined ? new SealedStore(complete) : new RecordedStore(complete, complete.revocation)
}

class SealedStore implements CookieStore {
  readonly name: string = 'cookie'
  readonly sealsToken = true
  readonly cannot: readonly StoreLimit[] = ['merge', 'expect', 'revoke', 'index', 'own-clock']
  readonly tokenParts: number
  private readonly clock: () => number
  readonly #sealer: Sealer<Content>

  constructor(options: CompleteOptions) {
    this.tokenParts = options.chunks
    this.clock = options.clock
    this.#sealer = new Sealer(options, 'session', contentFromText)
  }

  create({ values, terms }: SessionRecord): StoredSession {
    const now = this.clock()
    return this.stored(contentOf(newHandle(), factsOfNew(terms, now), copyText(values)), now)
  }

  load(token: string, { slide }: { readonly slide: boolean }): LoadedSession | null {
    const now = this.clock()
    const opened = this.open(token, now)
    if (opened === null) return null
    const { handle, values, facts } = opened.content
    if (slide && isSlideDue(facts, now - facts.seenAt)) {
      const slid = contentOf(handle, factsOfSlid(facts, now), values)
      return { handle, values, facts: slid.facts, now, token: this.seal(slid, now) }
    }
    return { handle, values, facts, now, token: opened.stale ? this.seal(opened.content, now) : token }
  }

  update(token: string, changes: SessionChanges): UpdateResult {
    const now = this.clock()
    const opened = this.open(token, now)
    if (opened === null) return { outcome: 'gone' }
    const { handle, facts: before, head } = opened.content
    if (!meetsExpectations(opened.content.values, changes.expect)) return { outcome: 'conflict' }
    const values = changedValues(opened.content.values, changes)
    const facts = factsOfUpdated(before, changes)
    const next = facts === before ? { handle, facts, head, values } : contentOf(handle, facts, values)
    return { outcome: 'saved', token: this.seal(next, now) }
  }

  rotate(token: string, changes: SessionChanges): StoredSession | null {
    const now = this.clock()
    const opened = this.open(token, now)
    if (opened === null) return null
    const { handle, values, facts } = opened.content
    return this.stored(contentOf(handle, factsOfRotated(facts, changes, now), changedValues(values, changes)), now)
  }

  destroy(token: string): MaybePromise<boolean> {
    return this.open(token, this.clock()) !== null
  }

  private open(token: string, now: number): Opened<Content> | null {
    const opened = this.#sealer.open(token, now)
    return opened !== null && isLiveHere(opened.content.facts, now) ? opened : null
  }

  private seal(content: Content, now: number): string {
    return this.#sealer.seal(contentToText(content), content, now)
  }

  private stored(content: Content, now: number): StoredSession {
    return { handle: content.handle, token: this.seal(content, now), facts: content.facts }
  }
}
