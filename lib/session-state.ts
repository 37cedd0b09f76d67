// The life of one session within one exchange. `req.session` is its face, `commit` brings it to the store.
import { performance } from 'node:perf_hooks'
import { Draft } from './draft.js'
import { SessionClosedError } from './errors.js'
import type { Exchange } from './exchange.js'
import { type Lifespan, ordinaryLifespan } from './lifespan.js'
import { originAnew } from './origin.js'
import { Session } from './session.js'
import type { LoadedSession, SessionTerms, StoredSession } from './store.js'
import { USER_INDEX } from './store.js'
import { newHandle } from './token.js'
import { ANY_KEY, DEFAULT_USER_KEYS, defaultUser, type ResolvedUser, resolveUser, userText } from './user.js'

/** A new token is due, with the commit. */
export interface Rotation {
  readonly userId: string | null
  /** What the resolver said at that moment: another answer later means that the handler changed the user after it. */
  readonly resolved: string | null
  readonly id: string
  readonly lifespan: Lifespan
  /** Among the sessions of a user, where their number is limited; `null`: as it was. */
  readonly priority: number | null
}

export class SessionState {
  readonly exchange: Exchange
  readonly facade: Session
  readonly draft: Draft
  /** What the store holds of it; `null` while it was never stored. */
  stored: StoredSession | null
  rotation: Rotation | null = null
  /** Reserved for the user who signs in, where the number of his sessions is limited and new ones are denied. */
  place: string | null = null
  /** Another session took its place in `req.session`. */
  replaced = false
  /** On its way into the store for the first time; its cookie goes with the response. */
  creating = false
  /** Ended by this exchange. */
  ended = false
  /** A commit found it ended or signed in anew by others: nothing is saved any more, and nobody is harmed. */
  gone = false
  /** Whose times count from `#since` on; `null`: nothing was loaded. */
  #loaded: LoadedSession | null
  #since: number
  #id: string | null = null
  #resolved: ResolvedUser | null = null

  constructor(exchange: Exchange, loaded: LoadedSession | null) {
    this.exchange = exchange
    this.stored = loaded
    this.#since = performance.now()
    this.#loaded = loaded
    this.draft = new Draft(loaded === null ? null : loaded.values, exchange.app.config.maxBytes, this)
    this.facade = new Session(this)
  }

  /** Nothing is to be saved. */
  get isClean(): boolean {
    return this.ended || (this.rotation === null && this.draft.isUntouched)
  }

  /** Public and opaque; changes with every new token, at the moment the handler causes it. */
  get id(): string {
    if (!this.ended && !this.replaced) this.noticeUserChange()
    if (this.rotation !== null) return this.rotation.id
    if (this.stored !== null) return this.stored.facts.id
    this.#id ??= newHandle()
    return this.#id
  }

  get userId(): string | undefined {
    return this.rotation === null ? this.stored?.facts.indexes[USER_INDEX] : (this.rotation.userId ?? undefined)
  }

  /** Throws `SessionClosedError` if a change could no longer be saved. */
  assertWritable(): void {
    const { exchange } = this
    if (this.replaced || this.ended) throw new SessionClosedError('this session object has ended; req.session holds the current one')
    if (exchange.finished)
      throw new SessionClosedError('the response has ended; change the session before res.end(), res.send() or res.redirect()')
    if ((this.stored === null && !this.creating) || exchange.app.config.store.sealsToken === true) this.assertCookiePossible()
  }

  /** Throws `SessionClosedError` if the browser can no longer be given a new cookie. */
  assertCookiePossible(): void {
    if (!this.exchange.cookieClosed && !this.exchange.committing) return
    throw new SessionClosedError('this needs a new cookie, but the response has begun (or this is an upgrade); do it before the first byte')
  }

  /** Who is signed in at this moment, as the data says, which the commit may still have to bring to the store. */
  get signedIn(): string | null {
    if (this.gone && this.rotation === null) return null
    if (this.rotation !== null || this.stored === null || this.#mayHaveNewUser()) return this.#userNow()
    return this.stored.facts.indexes[USER_INDEX] ?? null
  }

  /** Asks for a new token and a user; what the request did not write itself is dropped, but for `keep`. */
  signIn(userId: string | number, keep: true | readonly string[], rotation: Pick<Rotation, 'lifespan' | 'priority'>): void {
    if (keep !== true) this.draft.restart(keep, (key) => this.decidesUser(key))
    this.draft.set('userId', userId, null)
    this.rotation = { userId: userText(userId), resolved: this.#userNow(), id: newHandle(), ...rotation }
  }

  /** The user that the commit signs in. */
  get userToBe(): string | null {
    const now = this.#userNow()
    if (this.rotation === null || this.rotation.resolved !== now || this.rotation.userId === now) return now
    throw new TypeError('signIn: the option user does not find this user in the data; set the keys that it reads before signIn')
  }

  /** Promise 4: a changed user gets a new token, even if the handler forgot `signIn`. */
  noticeUserChange(): void {
    if (this.rotation !== null || this.stored === null) return
    const { keepOnSignIn } = this.exchange.app.config
    if (!this.#mayHaveNewUser()) return
    if (this.#userNow() === (this.stored.facts.indexes[USER_INDEX] ?? null)) return
    this.draft.restart(keepOnSignIn, (key) => this.decidesUser(key))
    const userId = this.#userNow()
    const lifespan = { ...ordinaryLifespan(this.exchange.app.config), persistent: this.stored.facts.persistent }
    this.rotation = { userId, resolved: userId, id: newHandle(), lifespan, priority: null }
  }

  get rotates(): boolean {
    this.noticeUserChange()
    return this.rotation !== null
  }

  /** Whether the resolver of the user reads this key. */
  decidesUser(key: string): boolean {
    const { reads } = this.#resolve()
    return reads.has(key) || reads.has(ANY_KEY)
  }

  /** A key that says who is signed in must not vanish by itself: the token would stay. */
  assertMayExpire(key: string): void {
    if (this.decidesUser(key)) throw new TypeError(`ttl: '${key}' says who is signed in, and ends with the session`)
  }

  /** Whether another user would be signed in if the key had this value. */
  changesUser(key: string, value: unknown): boolean {
    if (!this.decidesUser(key)) return false
    return resolveUser(this.exchange.app.config.user, this.draft.probe(key, value)).userId !== (this.userId ?? null)
  }

  /** The terms under which this session is created or rotated. */
  terms(): Omit<SessionTerms, 'indexes'> {
    const { config } = this.exchange.app
    const lifespan = this.rotation?.lifespan ?? ordinaryLifespan(config)
    return { id: this.id, ...lifespan, ...originAnew(config, this.exchange.request, this.stored?.facts) }
  }

  /** The store has this now. */
  becameStored(stored: StoredSession, rotation: Rotation | null): void {
    this.stored = stored
    // The handler may have asked for another one meanwhile.
    if (this.rotation === rotation) this.rotation = null
    this.#resolved = null
  }

  /** The stored session is gone; this request's own data begins another. */
  startAgain(): void {
    this.draft.forgetStored()
    this.stored = null
    this.gone = false
    this.#resolved = null
    this.#loaded = null
    this.#since = performance.now()
  }

  touched(): void {
    this.exchange.watchEnd()
  }

  /** Read again from the store; what the handler changed is forgotten. */
  reloaded(loaded: LoadedSession): void {
    this.becameStored(loaded, this.rotation)
    this.draft.reset(loaded.values)
  }

  /** Milliseconds since the creation: the store's clock, carried on by the monotonic one. */
  age(): number {
    const before = this.#loaded === null ? 0 : this.#loaded.now - this.#loaded.facts.createdAt
    return before + performance.now() - this.#since
  }

  /** The present by the store's clock, carried on by the monotonic one; by this process's clock as long as nothing was loaded. */
  now(): number {
    return this.#loaded === null ? (this.stored?.facts.seenAt ?? Date.now()) : this.#loaded.now + performance.now() - this.#since
  }

  /** The resolver is asked again only if a key that it read may have changed. */
  #mayHaveNewUser(): boolean {
    // Nearly every request that writes ends here, without asking at all.
    if (this.exchange.app.config.user === defaultUser && !DEFAULT_USER_KEYS.some((key) => this.draft.touches(key))) return false
    const { reads } = this.#resolve()
    if (reads.has(ANY_KEY)) return true
    for (const key of reads) if (this.draft.touches(key)) return true
    return false
  }

  #userNow(): string | null {
    return resolveUser(this.exchange.app.config.user, this.draft).userId
  }

  #resolve(): ResolvedUser {
    this.#resolved ??= resolveUser(this.exchange.app.config.user, this.draft.original())
    return this.#resolved
  }
}
