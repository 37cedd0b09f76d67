// The options as an application writes them, and as the library keeps them. They are completed in resolve-options.ts.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BindOptions, BindPolicy } from './bind-options.js'
import type { CookieOptions, CookiePolicy } from './cookie-options.js'
import type { Duration } from './durations.js'
import type { LimitOptions, OpenLimiter, SessionLimits } from './limit-options.js'
import type { SessionStore } from './store.js'
import type { UserResolver } from './user.js'

/** Where the Redis store connects to. */
export interface RedisServer {
  readonly host?: string
  readonly port?: number
  /** The password; `passwordFile` names a file that holds it. */
  readonly auth?: string
  readonly passwordFile?: string
  /** `true`, or options of Node's `tls.connect`. */
  readonly tls?: boolean | Readonly<Record<string, unknown>>
  readonly ns?: string
  /** Options of `createClient` of the package `redis`. */
  readonly opts?: Readonly<Record<string, unknown>>
}

export interface SessionOptions {
  /**
   * Signs the cookie. An array rotates: the first signs, all verify. At least 32 bytes, and required in production; elsewhere, with the
   * memory store, a random one for the life of the process is made if none is given.
   */
  readonly secret?: string | readonly string[] | undefined
  /** Where sessions live: `'memory'` (default), `'cookie'` (encrypted), `'redis'`, `'memcache'`, a URL (`redis://…`, `memcache://…`), or a store object. */
  readonly store?: string | SessionStore | undefined
  /** The cookie's name; default `'sid'`. `'__Host-sid'` is checked against the attributes. */
  readonly key?: string
  /** Idle expiry: how long a session lasts without a request. Default 14 days. */
  readonly expiry?: Duration
  /** Absolute lifetime, from creation or the last sign-in; never moves. Default 30 days (NIST SP 800-63B-4, AAL1); `false` turns it off. */
  readonly maxLifetime?: Duration | false
  /** Reads the id of the signed-in user from the data. Default: `userId`, else `user` or its `id`, else `passport.user`. */
  readonly user?: UserResolver
  /** Keys of the session by whose value sessions can be found, counted and ended; the user's always is. */
  readonly indexes?: readonly string[]
  /** Keys that a sign-in keeps. Default none: what came before the sign-in was a stranger's. */
  readonly keepOnSignIn?: readonly string[]
  /** Whether the browser keeps the cookie when it closes. Default `true`; `signIn` can decide otherwise. */
  readonly remember?: boolean
  readonly cookie?: CookieOptions | ((request: IncomingMessage) => CookieOptions)
  /** Whether `X-Forwarded-Proto` and the last address of `X-Forwarded-For` are believed. Default: what Express's `trust proxy` says; without Express, no. */
  readonly proxy?: boolean
  /** What a session is bound to: it is not used, or ends, when it comes from elsewhere than where it was made or signed in. Default: nothing. */
  readonly bind?: BindOptions
  /** Deadline of every store call. Default `'750ms'`. */
  readonly storeTimeout?: Duration
  /** Deadline of the first connection. Default `'10s'`. */
  readonly connectTimeout?: Duration
  /**
   * What a request gets whose session cannot be loaded. `'fail'` (default): `next(err)` with 503. `'anonymous'`: a session that is `info.degraded`, is never
   * stored, and neither sets nor clears a cookie; signing in or out rejects. Or a function of the request.
   */
  readonly onStoreError?: StoreErrorPolicy | ((request: IncomingMessage) => StoreErrorPolicy)
  /**
   * Saves nothing of a request that ends in an error: `true` means a status of 500 and above, and every error that `sessions.errorHandler` has seen;
   * a function of the response decides by itself. What was ended, or saved by `save()`, stays so. Default `false`.
   */
  readonly discardOnError?: boolean | ((response: ServerResponse) => boolean)
  /** How many sessions a user may have, and a network address may make. Default: any number. */
  readonly limits?: LimitOptions
  /** Whether this request restarts the idle expiry. Default: always. Say `false` for a poll that must not keep a session alive. */
  readonly slide?: (request: IncomingMessage) => boolean
  /** Most bytes of one session's data. Default 64 KiB. */
  readonly maxBytes?: number
  /** Memory store: the most sessions; the least recently used goes first. Default 100,000. */
  readonly max?: number
  /** Redis: where it is. */
  readonly server?: RedisServer
  /** Memcached: the servers, as `host:port`. Default `['127.0.0.1:11211']`. */
  readonly servers?: readonly string[]
  /** Memcached: for SASL. */
  readonly username?: string
  readonly password?: string
  /** Redis and Memcached: what every key begins with. Default `'sess:'`. */
  readonly ns?: string
  /** Redis: values of more bytes are stored compressed. Default: none. */
  readonly compress?: { readonly above: number }
  /** Cookie store: most cookies that one session may take. Default 1. */
  readonly chunks?: 1 | 2 | 3
  /** Cookie store: bound into the seal, so that the cookies of two applications with one secret do not open each other. */
  readonly audience?: string
  /** Cookie store: a store, its name or its URL, that keeps a small record per session, so that an ended session's copies die with it. */
  readonly revocation?: string | SessionStore
}

export type StoreErrorPolicy = 'fail' | 'anonymous'

/** The options, completed. Durations in milliseconds. */
export interface SessionConfig {
  /** The first signs, all verify. */
  readonly secrets: readonly string[]
  readonly store: SessionStore
  readonly key: string
  readonly idleMs: number
  readonly lifetimeMs: number | null
  readonly user: UserResolver
  /** Without the user's. */
  readonly indexes: readonly string[]
  readonly keepOnSignIn: readonly string[]
  readonly remember: boolean
  readonly cookie: CookiePolicy
  readonly proxy: boolean | undefined
  /** `null`: nothing is compared. */
  readonly bind: BindPolicy | null
  readonly storeTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly slide: (request: IncomingMessage) => boolean
  /** Whether nothing of a request may be saved whose response looks like this; `null`: always saved. */
  readonly discards: ((response: ServerResponse) => boolean) | null
  readonly limits: SessionLimits | null
  readonly onStoreError: (request: IncomingMessage) => StoreErrorPolicy
  readonly maxBytes: number
  readonly production: boolean
}

/** What the core does not know how to make: only lib/index.ts does. */
export interface Outside {
  readonly openStore: OpenStore
  readonly openLimiter: OpenLimiter
}

/** Makes a store of its name or URL and of the options that are not the session's own; throws a `TypeError` for one it does not know. */
export type OpenStore = (name: string, options: Readonly<Record<string, unknown>>, context: StoreContext) => SessionStore

/** What a store that seals its tokens must know of the session's own options; and whom to tell what is wrong. */
export interface StoreContext {
  readonly key: string
  readonly secrets: readonly string[]
  readonly warn: Warn
}

/** Reports a mistake that does not stop the application. */
export type Warn = (code: string, message: string) => void
