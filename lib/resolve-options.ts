// Options are completed once, checked and frozen; every default is here.
import { randomBytes } from 'node:crypto'
import { bindPolicy } from './bind-options.js'
import { cookiePolicy } from './cookie-options.js'
import { DAY, durationMs, MAX_COOKIE_AGE_MS } from './durations.js'
import { limitsOf } from './limit-options.js'
import type { OpenStore, Outside, SessionConfig, SessionOptions, StoreContext, Warn } from './options.js'
import { weaknessOf } from './secrets.js'
import { type SessionStore, USER_INDEX } from './store.js'
import { defaultUser } from './user.js'

const ABSENT: Readonly<Record<string, string>> = {
  resave: 'remove it; only what changed is saved',
  saveUninitialized: 'remove it; an untouched session is never saved',
  rolling: 'remove it; the server slides the expiry and the cookie need not move',
  name: "use key (the cookie's name)",
  genid: 'remove it; ids are 128 random bits, the cookie holds 256 more',
  unset: 'remove it; use req.session.destroy()',
  maxAge: 'use expiry, in seconds',
  ttl: 'use expiry, in seconds',
  secrets: 'use secret, which takes an array',
  keys: 'use secret, which takes an array',
}
const OWN: readonly string[] =
  'secret,store,key,expiry,maxLifetime,user,indexes,keepOnSignIn,remember,cookie,proxy,bind,storeTimeout,connectTimeout,onStoreError,discardOnError,limits,slide,maxBytes'.split(
    ',',
  )

/** Throws a `TypeError` that begins with the name of the option that is wrong and says what to write instead. */
export function resolveOptions(options: SessionOptions, { openStore, openLimiter }: Outside, warn: Warn): SessionConfig {
  if (typeof options !== 'object' || options === null) throw new TypeError('options: expected an object such as { secret }')
  const given = withoutUndefined(options)
  const production = process.env['NODE_ENV'] === 'production'
  const key = resolveKey(or(given.key, 'sid'))
  const idleMs = durationMs('expiry', or(given.expiry, '14d'))
  const lifetimeMs = given.maxLifetime === false ? null : durationMs('maxLifetime', or(given.maxLifetime, '30d'))
  assertClocks(idleMs, lifetimeMs, given)
  const secrets = resolveSecrets(given.secret, nameOf(given.store), production, warn)
  const store = resolveStore(given, openStore, { key, secrets, warn })
  const config: SessionConfig = {
    secrets,
    store,
    key,
    idleMs,
    lifetimeMs,
    user: optionalFunction('user', given.user) ?? defaultUser,
    indexes: names('indexes', given.indexes).filter((name) => name !== USER_INDEX),
    keepOnSignIn: names('keepOnSignIn', given.keepOnSignIn),
    remember: flag('remember', given.remember) ?? true,
    cookie: cookiePolicy(key, given.cookie),
    proxy: flag('proxy', given.proxy),
    bind: bindPolicy(given.bind, store),
    storeTimeoutMs: timeoutMs('storeTimeout', or(given.storeTimeout, '750ms')),
    connectTimeoutMs: timeoutMs('connectTimeout', or(given.connectTimeout, '10s')),
    slide: optionalFunction('slide', given.slide) ?? (() => true),
    discards: discardPolicy(given.discardOnError),
    limits: limitsOf(given.limits, store, openLimiter),
    onStoreError: storeErrorPolicy(given.onStoreError),
    maxBytes: positiveInteger('maxBytes', or(given.maxBytes, 64 * 1024)),
    production,
  }
  // Not enumerable, so that no inspection of the middleware shows them.
  return Object.freeze(Object.defineProperty(config, 'secrets', { enumerable: false }))
}

/** `null` is not an absent option but a wrong one. */
function or<T>(value: T | undefined, fallback: T): T {
  return value === undefined ? fallback : value
}

function timeoutMs(option: string, value: unknown): number {
  const milliseconds = durationMs(option, value)
  if (milliseconds > DAY) throw new TypeError(`${option}: over a day; seconds, not milliseconds?`)
  return milliseconds
}

function withoutUndefined(options: SessionOptions): SessionOptions & Readonly<Record<string, unknown>> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  for (const name of Object.keys(given)) {
    const instead = Object.hasOwn(ABSENT, name) ? ABSENT[name] : undefined
    if (instead !== undefined) throw new TypeError(`${name}: ${instead}`)
  }
  return given
}

function nameOf(store: SessionOptions['store']): string {
  return typeof store === 'string' ? store.replace(/:.*$/s, '') : (store?.name ?? 'memory')
}

function resolveStore(
  given: SessionOptions & Readonly<Record<string, unknown>>,
  openStore: OpenStore,
  context: StoreContext,
): SessionStore {
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !OWN.includes(name)))
  const store = or(given.store, 'memory')
  if (typeof store === 'string') return openStore(store, rest, context)
  const [foreign] = Object.keys(rest)
  if (foreign !== undefined) throw new TypeError(`${foreign}: unknown option; known are ${OWN.join(', ')}`)
  for (const method of ['create', 'load', 'update', 'rotate', 'destroy'] as const) {
    if (typeof store?.[method] !== 'function') throw new TypeError(`store: expected a name, a URL or a store; ${method}() is missing`)
  }
  return store
}

function resolveKey(key: unknown): string {
  if (typeof key === 'string' && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/.test(key)) return key
  throw new TypeError("key: expected the cookie's name, made of letters, digits and -_. (RFC 6265 4.1.1)")
}

function assertClocks(idleMs: number, lifetimeMs: number | null, given: SessionOptions): void {
  if (idleMs > MAX_COOKIE_AGE_MS) throw new TypeError('expiry: over 400 days; seconds, not milliseconds?')
  if (lifetimeMs === null) return
  if (lifetimeMs > MAX_COOKIE_AGE_MS) throw new TypeError('maxLifetime: over 400 days; seconds, not milliseconds?')
  if (idleMs <= lifetimeMs) return
  throw new TypeError(
    `expiry: ${given.expiry ?? "'14d' by default"} is beyond maxLifetime (${given.maxLifetime ?? "'30d' by default"}); raise maxLifetime or lower expiry`,
  )
}

function resolveSecrets(secret: unknown, store: string, production: boolean, warn: Warn): readonly string[] {
  if (secret === undefined) {
    if (production) throw new TypeError('secret: required in production; make one with: openssl rand -base64 32')
    if (store !== 'memory') throw new TypeError(`secret: required with the ${store} store; make one with: openssl rand -base64 32`)
    warn('NO_SECRET', 'secret: none given, so a random one signs until this process ends; set one before production')
    return [randomBytes(32).toString('base64')]
  }
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret]
  if (secrets.length === 0) throw new TypeError('secret: expected a string or an array of strings, got an empty array')
  for (const each of secrets) {
    if (typeof each !== 'string' || each === '') throw new TypeError('secret: expected a string or an array of strings')
    const weakness = weaknessOf(each)
    if (weakness !== null && production) throw new TypeError(`secret: ${weakness}; make one with: openssl rand -base64 32`)
    if (weakness !== null) warn('WEAK_SECRET', `secret: ${weakness}; production will refuse it`)
  }
  return Object.freeze([...(secrets as readonly string[])])
}

function names(option: string, value: unknown): readonly string[] {
  if (value === undefined) return []
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return Object.freeze([...new Set<string>(value)])
  throw new TypeError(`${option}: expected an array of key names`)
}

function flag(option: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw new TypeError(`${option}: expected true or false`)
}

function optionalFunction<F>(option: string, value: F | undefined): F | undefined {
  if (value === undefined || typeof value === 'function') return value
  throw new TypeError(`${option}: expected a function`)
}

function storeErrorPolicy(value: unknown): SessionConfig['onStoreError'] {
  if (typeof value === 'function') return value as SessionConfig['onStoreError']
  const policy = value === undefined ? 'fail' : value
  if (policy !== 'fail' && policy !== 'anonymous')
    throw new TypeError("onStoreError: expected 'fail', 'anonymous' or a function of the request")
  return () => policy
}

function discardPolicy(value: unknown): SessionConfig['discards'] {
  if (typeof value === 'function') return value as SessionConfig['discards']
  return flag('discardOnError', value) === true ? (response) => response.statusCode >= 500 : null
}

function positiveInteger(option: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw new TypeError(`${option}: expected a positive whole number`)
}
