// Options of the memcache store, completed once. Every mistake is a `TypeError` that begins with the option's name and shows no secret.
import { HandedInLink, type Link, type MemcacheClient } from './link.js'
import { OwnLink } from './own-link.js'
import { parseUrl } from './url.js'

interface CommonOptions {
  /** What every key begins with; default `'sess:'`. */
  readonly ns?: string | undefined
  /** Milliseconds since the epoch, instead of the server's clock; for tests. */
  readonly clock?: (() => number) | undefined
}

/** A client of memjs that the application has; it is not closed here, and chooses among its servers in its own way. */
export interface MemcacheStoreClientOptions extends CommonOptions {
  readonly client: MemcacheClient
}

/** Connections of the store's own, through the package `memjs`. */
export interface MemcacheStoreServerOptions extends CommonOptions {
  /** `memcache://[username:password@]host[:port][,host[:port] …]`, instead of `servers`. */
  readonly url?: string | undefined
  /** `host:port` each, in the same spelling in every process; default `['127.0.0.1:11211']`. */
  readonly servers?: readonly string[] | undefined
  /** For SASL. */
  readonly username?: string | undefined
  readonly password?: string | undefined
}

export type MemcacheStoreOptions = MemcacheStoreClientOptions | MemcacheStoreServerOptions

export interface CompleteOptions {
  readonly ns: string
  readonly clock: (() => number) | undefined
  /** What each server is known as on the ring. */
  readonly names: readonly string[]
  readonly links: readonly Link[]
}

const DEFAULT_NS = 'sess:'
const DEFAULT_SERVERS: readonly string[] = ['127.0.0.1:11211']
const DEFAULT_PORT = 11211
/** A key is at most 250 bytes, 22 of them the handle. */
const LONGEST_NS = 228
const KNOWN: readonly string[] = ['client', 'url', 'servers', 'username', 'password', 'ns', 'clock']

export function completeOptions(options: MemcacheStoreOptions): CompleteOptions {
  const given: Partial<MemcacheStoreClientOptions & MemcacheStoreServerOptions> = options
  const foreign = Object.keys(given).find((name) => !KNOWN.includes(name))
  if (foreign !== undefined) throw new TypeError(`${foreign}: unknown option; the memcache store takes ${KNOWN.join(', ')}`)
  const { client, ns = DEFAULT_NS, clock } = given
  assertNamespace(ns)
  if (clock !== undefined && typeof clock !== 'function') throw new TypeError('clock: a function that returns milliseconds since the epoch')
  if (client === undefined) return { ns, clock, ...ownServers(given) }
  if ([given.url, given.servers, given.username, given.password].some((option) => option !== undefined)) {
    throw new TypeError('client: a client has its servers already; remove url, servers, username and password')
  }
  assertClient(client)
  return { ns, clock, names: ['client'], links: [new HandedInLink(client)] }
}

function ownServers(given: MemcacheStoreServerOptions): Pick<CompleteOptions, 'names' | 'links'> {
  const { servers, username, password } = given.url === undefined ? given : fromUrl(given)
  const listed = servers ?? DEFAULT_SERVERS
  if (!Array.isArray(listed) || listed.length === 0) throw new TypeError("servers: expected a list such as ['127.0.0.1:11211']")
  assertText('username', username)
  assertText('password', password)
  if ((username === undefined) !== (password === undefined)) throw new TypeError('username: SASL needs username and password')
  const option = given.url === undefined ? 'servers' : 'url'
  const targets = listed.map((server) => parseServer(option, server))
  const names = targets.map(({ host, port }) => `${host}:${port}`)
  if (new Set(names).size < names.length) throw new TypeError(`${option}: each server may be listed once`)
  return { names, links: targets.map((one) => new OwnLink({ ...one, username, password })) }
}

/** The login may stand beside the URL, so that it need not be where addresses are. */
function fromUrl({ url, servers, username, password }: MemcacheStoreServerOptions): MemcacheStoreServerOptions {
  const parsed = parseUrl(url)
  if (servers !== undefined) throw new TypeError('url: it names the servers; remove servers')
  if (parsed.username === undefined) return { servers: parsed.servers, username, password }
  if (username === undefined && password === undefined) return parsed
  throw new TypeError('url: it holds a login; remove username and password')
}

/** IPv6 in brackets. The text is not shown: people write passwords into addresses. */
function parseServer(option: string, text: unknown): { host: string; port: number } {
  const [, bracketed, plain, port = String(DEFAULT_PORT)] = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(String(text)) ?? []
  const host = bracketed ?? plain
  if (typeof text !== 'string' || host === undefined || Number(port) === 0 || Number(port) > 65_535) {
    throw new TypeError(`${option}: expected 'host:port' each, such as '127.0.0.1:11211'; username and password are options of their own`)
  }
  return { host, port: Number(port) }
}

function assertNamespace(ns: unknown): void {
  if (typeof ns !== 'string' || !/^[\x21-\x7e]+$/.test(ns) || ns.length > LONGEST_NS) {
    throw new TypeError(`ns: expected what keys begin with, such as '${DEFAULT_NS}': at most ${LONGEST_NS} visible ASCII characters`)
  }
}

function assertText(name: string, value: unknown): void {
  if (value !== undefined && (typeof value !== 'string' || value === '')) throw new TypeError(`${name}: expected a text`)
}

function assertClient(client: unknown): void {
  if (typeof client !== 'object' || client === null || typeof (client as MemcacheClient).perform !== 'function') {
    throw new TypeError('client: expected a client of memjs')
  }
  if ((client as MemcacheClient).options?.failover) {
    throw new TypeError('client: make it without failover; a session must not be looked for on another server than its own')
  }
}
