// Options of the Redis store, completed once. Every mistake is a `TypeError` that begins with the option's name and shows no secret.
import { driverOf, type RedisClient, type RedisDriver } from './driver.js'

interface CommonOptions {
  /** What every key begins with; default `'sess:'`. */
  readonly ns?: string | undefined
  /** Values of more bytes than this are stored compressed. Any store of this kind reads them, whatever its own setting. */
  readonly compress?: { readonly above: number } | undefined
}

/** A client that the application has; it is neither connected nor closed here. */
export interface RedisStoreClientOptions extends CommonOptions {
  /** Of `redis` 5 or 6 (client, cluster or sentinel), or of `ioredis`. */
  readonly client: RedisClient
}

/** A connection of the store's own, through the package `redis`. */
export interface RedisStoreServerOptions extends CommonOptions {
  /** `redis://[[user:]password@]host[:port][/database]`, `rediss://` for TLS. */
  readonly url?: string | undefined
  readonly server?: RedisServer | undefined
}

export interface RedisServer {
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** The password. */
  readonly auth?: string | undefined
  /** A file that holds the password; read anew for each connection, so that the password may change. */
  readonly passwordFile?: string | undefined
  /** `true`, or options of Node's `tls.connect` such as `{ ca }`. */
  readonly tls?: boolean | Readonly<Record<string, unknown>> | undefined
  /** What every key begins with; default `'sess:'`. */
  readonly ns?: string | undefined
  /** Options of `createClient` of the package `redis`, such as `{ username, database }`. */
  readonly opts?: Readonly<Record<string, unknown>> | undefined
}

export type RedisStoreOptions = RedisStoreClientOptions | RedisStoreServerOptions

/** The options, completed: one of `driver` and `connect` is there. */
export interface CompleteOptions {
  readonly ns: string
  readonly compressAbove: number | undefined
  /** The client that was handed in, and what the store asks of it. */
  readonly handedIn: { readonly client: RedisClient; readonly driver: RedisDriver } | null
  readonly connect: ConnectOptions
}

/** As `createClient` of the package `redis` takes them. */
export interface ConnectOptions {
  readonly createClient: Readonly<Record<string, unknown>> & { readonly socket: Readonly<Record<string, unknown>> }
  readonly passwordFile: string | undefined
  readonly username: string | undefined
}

const DEFAULT_NS = 'sess:'
const KNOWN: readonly string[] = ['client', 'url', 'server', 'ns', 'compress']
const KNOWN_OF_SERVER: readonly string[] = ['host', 'port', 'auth', 'passwordFile', 'tls', 'ns', 'opts']

export function completeOptions(options: RedisStoreOptions): CompleteOptions {
  assertKnown('', options, KNOWN, 'the redis store')
  const given: Partial<RedisStoreClientOptions & RedisStoreServerOptions> = options
  const server = given.server ?? {}
  if (typeof server !== 'object' || server === null) throw new TypeError('server: expected an object such as { host, port }')
  assertKnown('server.', server, KNOWN_OF_SERVER, 'server')
  const { client } = given
  if (client !== undefined && (given.url !== undefined || given.server !== undefined)) {
    throw new TypeError('client: a client has its server already; remove url and server')
  }
  return {
    ns: namespace(given.ns ?? server.ns),
    compressAbove: compressAbove(given.compress),
    handedIn: client === undefined ? null : { client, driver: driverOf(client) },
    connect: connectOptions(given.url, server),
  }
}

function connectOptions(url: string | undefined, server: RedisServer): ConnectOptions {
  assertUrl(url)
  const { host, port, auth, passwordFile, tls, opts = {} } = server
  if (url !== undefined && (host !== undefined || port !== undefined))
    throw new TypeError('url: it names host and port; remove those of server')
  expectType('server.host', host, 'string')
  expectType('server.auth', auth, 'string')
  expectType('server.passwordFile', passwordFile, 'string')
  expectType('server.opts', opts, 'object')
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new TypeError('server.port: expected a port number')
  if (url?.startsWith('redis:') && tls !== undefined && tls !== false)
    throw new TypeError('server.tls: the URL says redis://, which is without TLS; write rediss://')
  const username = typeof opts['username'] === 'string' ? opts['username'] : usernameOf(url)
  const socket = { ...defined({ host, port }), ...tlsOptions(tls), ...(opts['socket'] as object | undefined) }
  return { createClient: { ...opts, ...defined({ url, password: auth }), socket }, passwordFile, username }
}

/** All that the driver would find fault with when it connects. The text is not shown: it may hold a password. */
function assertUrl(url: unknown): void {
  if (url === undefined) return
  const { protocol, pathname, username, password } = typeof url === 'string' && URL.canParse(url) ? new URL(url) : new URL('none:')
  const isWhole = ['redis:', 'rediss:'].includes(protocol) && /^\/?\d*$/.test(pathname)
  if (isWhole && isDecodable(username) && isDecodable(password)) return
  throw new TypeError(
    'url: expected redis://host:port or rediss://host:port, with a login as redis://username:password@host:port, percent-encoded',
  )
}

function isDecodable(text: string): boolean {
  try {
    return typeof decodeURIComponent(text) === 'string'
  } catch {
    return false
  }
}

function usernameOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : decodeURIComponent(new URL(url).username) || undefined
}

function tlsOptions(tls: unknown): object {
  if (tls === undefined || tls === false) return {}
  if (tls === true) return { tls: true }
  if (typeof tls === 'object' && tls !== null) return { ...tls, tls: true }
  throw new TypeError('server.tls: expected true, or options of tls.connect such as { ca }')
}

function namespace(ns: unknown): string {
  if (ns === undefined) return DEFAULT_NS
  if (typeof ns === 'string' && ns !== '') return ns
  throw new TypeError(`ns: expected what keys begin with, such as '${DEFAULT_NS}'`)
}

function compressAbove(compress: unknown): number | undefined {
  if (compress === undefined) return undefined
  const above = typeof compress === 'object' && compress !== null && 'above' in compress ? compress.above : undefined
  if (typeof above === 'number' && Number.isInteger(above) && above > 0) return above
  throw new TypeError('compress: expected { above: 1024 }, the size in bytes above which values are compressed')
}

function assertKnown(prefix: string, options: object, known: readonly string[], owner: string): void {
  const foreign = Object.keys(options).find((name) => !known.includes(name))
  if (foreign !== undefined) throw new TypeError(`${prefix}${foreign}: unknown option; ${owner} takes ${known.join(', ')}`)
}

function expectType(name: string, value: unknown, type: 'string' | 'object'): void {
  if (value !== undefined && (typeof value !== type || value === null))
    throw new TypeError(`${name}: expected ${type === 'string' ? 'a string' : 'an object'}`)
}

function defined(options: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
