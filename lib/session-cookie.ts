// Reading the session cookie of a request and writing that of a response (RFC 6265bis).
import type { IncomingMessage } from 'node:http'
import { stringifySetCookie } from 'cookie'
import type { SessionApp } from './app.js'
import { attributesText, type CookieAttributes, serializable } from './cookie-options.js'
import { inCookies, joined, partNames } from './cookie-parts.js'
import { MAX_COOKIE_AGE_MS, SECOND } from './durations.js'
import type { SessionFacts } from './store.js'
import type { OpenedToken } from './token-signer.js'

/** More live candidates than this mean nothing good. */
const MAX_TOKENS = 4

/** More different forged cookies than this are not looked at: each costs a signature check. */
const MAX_FORGED = 64

/** Most lines that remove a planted cookie; a response's head must stay small enough for a proxy. */
const MAX_REMOVALS = 32

const NO_VALUES: readonly string[] = []

/** The cookie library's rule for values. Its own pattern backtracks, which takes five times as long for a sealed token. */
const NOT_IN_VALUES = /[^\u0021-\u003A\u003C-\u007E]/

const NO_TOKENS: readonly OpenedToken[] = []

const NONE: PresentedCookies = Object.freeze({ tokens: NO_TOKENS, present: false })

export interface PresentedCookies {
  /** The tokens whose signature holds, each once. */
  readonly tokens: readonly OpenedToken[]
  /** Whether the request has a cookie of our name at all. */
  readonly present: boolean
}

/** Every candidate of our name whose signature holds; at most four. Never throws. */
export function readSessionCookies(app: SessionApp, request: IncomingMessage): PresentedCookies {
  const header = request.headers.cookie
  if (header === undefined) return NONE
  const values = valuesNamed(header, app.config.key)
  if ((app.config.store.tokenParts ?? 1) === 1) return values.length === 0 ? NONE : { tokens: openedOf(app, values), present: true }
  const whole = joinedValues(app, header)
  const tokens = openedOf(app, [...values.filter(app.signer.isPlausible), ...whole])
  return { tokens, present: values.length > 0 || whole.length > 0 }
}

function openedOf({ signer }: SessionApp, values: readonly string[]): readonly OpenedToken[] {
  let tokens = NO_TOKENS
  let forged: Set<string> | undefined
  for (const value of values) {
    if (forged?.has(value)) continue
    const opened = signer.open(value)
    if (opened !== null) tokens = tokens.length === 0 ? [opened] : withToken(tokens, opened)
    else if (signer.isPlausible(value)) forged = (forged ?? new Set()).add(value)
    if (forged?.size === MAX_FORGED || tokens.length === MAX_TOKENS) break
  }
  return tokens
}

/** Each once. */
function withToken(tokens: readonly OpenedToken[], opened: OpenedToken): readonly OpenedToken[] {
  return tokens.some(({ token }) => token === opened.token) ? tokens : [...tokens, opened]
}

/** The token that came in parts. If one is missing it opens nothing, but something is there. */
function joinedValues({ config, signer }: SessionApp, header: string): readonly string[] {
  const parts = partNames(config).map((name) => valuesNamed(header, name))
  if (parts.every((values) => values.length === 0)) return NO_VALUES
  return [joined(parts.map((values) => [...new Set(values.filter(signer.isPlausible))])) ?? '']
}

/** The lines that give the token to the browser and remove what it has of a longer or shorter one; none if this connection must not have it. */
export function sessionCookieLines(app: SessionApp, request: IncomingMessage, token: string, facts: SessionFacts, now: number): string[] {
  const attributes = app.config.cookie(request)
  const secure = secureFlag(app, request, attributes)
  if (secure === null) return []
  const leftMs = facts.lifetimeMs === null ? MAX_COOKIE_AGE_MS : Math.min(facts.startedAt + facts.lifetimeMs - now, MAX_COOKIE_AGE_MS)
  const { beforeSecure, afterSecure } = attributesText(attributes)
  const rest = secure ? `${beforeSecure}; Secure${afterSecure}` : beforeSecure + afterSecure
  const age = facts.persistent ? Math.max(1, Math.floor(leftMs / SECOND)) : null
  const value = app.signer.seal(token)
  if ((app.config.store.tokenParts ?? 1) === 1) return [lineOf(app.config.key, value, age, rest)]
  const cookies = inCookies(app.config, value)
  const removed = presentNames(app, request).filter((name) => !cookies.some(([given]) => given === name))
  return [
    ...cookies.map(([name, part]) => lineOf(name, part, age, rest)),
    ...removed.map((name) => stringifySetCookie(name, '', removal(app, request))),
  ]
}

/** As the cookie library writes it. What is in it comes from the store, and that may be anybody's. */
function lineOf(name: string, value: string, age: number | null, rest: string): string {
  if (NOT_IN_VALUES.test(value)) throw new TypeError('the store made a token that no cookie can hold')
  if (age === null) return `${name}=${value}${rest}`
  if (!Number.isInteger(age)) throw new TypeError('the store gave times that are no numbers')
  return `${name}=${value}; Max-Age=${age}${rest}`
}

/** The `Set-Cookie` lines that remove the cookie; `everywhere`: also from other paths and domains where it may sit. */
export function clearedCookieLines(app: SessionApp, request: IncomingMessage, everywhere: boolean): string[] {
  const base = removal(app, request)
  const names = new Set([app.config.key, ...presentNames(app, request)])
  const lines = new Set([...names].map((name) => stringifySetCookie(name, '', base)))
  if (!everywhere) return [...lines]
  const { domain: _domain, ...hostOnly } = base as typeof base & { domain?: string }
  const { originalUrl = request.url } = request as IncomingMessage & { originalUrl?: string }
  for (const path of pathsAbove(originalUrl ?? '/')) {
    for (const domain of [undefined, ...domainsAbove(request.headers.host ?? String(request.headers[':authority'] ?? ''))]) {
      if (lines.size < MAX_REMOVALS)
        lines.add(stringifySetCookie(app.config.key, '', domain === undefined ? { ...hostOnly, path } : { ...hostOnly, path, domain }))
    }
  }
  return [...lines]
}

function removal(
  app: SessionApp,
  request: IncomingMessage,
): ReturnType<typeof serializable> & { maxAge: number; expires: Date; secure: boolean } {
  return { ...serializable(app.config.cookie(request)), maxAge: 0, expires: new Date(0), secure: secureFlag(app, request) ?? true }
}

/** Names under which this request brought a token or a part of one; looked for only where tokens may have parts. */
function presentNames(app: SessionApp, request: IncomingMessage): string[] {
  const parts = partNames(app.config)
  if (parts.length === 0) return []
  return [app.config.key, ...parts].filter((name) => valuesNamed(request.headers.cookie ?? '', name).length > 0)
}

/** Whether a session cookie may travel on this connection; says once why not. */
export function mayCarryCookie(app: SessionApp, request: IncomingMessage): boolean {
  return secureFlag(app, request) !== null
}

/** Whether the cookie gets `Secure`; `null`: it must not be sent on this connection. */
function secureFlag(app: SessionApp, request: IncomingMessage, attributes: CookieAttributes = app.config.cookie(request)): boolean | null {
  const { secure, sameSite, partitioned } = attributes
  if (secure === false) return false
  if (isSecure(app, request)) return true
  if (secure === 'auto' && !app.config.production && sameSite !== 'none' && !partitioned) return false
  app.warn(
    'INSECURE',
    `the session cookie is not sent, since it must be Secure and ${request.method} arrived over plain HTTP; ` +
      "behind a proxy that ends TLS, set Express's 'trust proxy' (or the option proxy: true); a site that is plain HTTP on purpose needs cookie.secure: false",
  )
  return null
}

function isSecure(app: SessionApp, request: IncomingMessage & { readonly secure?: unknown }): boolean {
  const { socket } = request
  if ('encrypted' in socket && socket.encrypted === true) return true
  if (app.config.proxy === undefined) return request.secure === true
  return (
    app.config.proxy &&
    String(request.headers['x-forwarded-proto'] ?? '')
      .split(',', 1)[0]
      ?.trim()
      .toLowerCase() === 'https'
  )
}

/** The values of the cookies with exactly this name, undecoded: no other spelling of a name is ours (CVE-2022-31629). */
function valuesNamed(header: string, name: string): readonly string[] {
  let values: string[] | undefined
  const needle = `${name}=`
  for (let from = header.indexOf(needle); from !== -1; from = header.indexOf(needle, from + needle.length)) {
    if (!startsPair(header, from)) continue
    const semicolon = header.indexOf(';', from)
    const value = trimmed(header, from + needle.length, semicolon === -1 ? header.length : semicolon)
    if (values === undefined) values = [value]
    else values.push(value)
    if (semicolon === -1) break
  }
  return values ?? NO_VALUES
}

/** Without optional white space: space and tab (RFC 9110 5.6.3). */
function trimmed(text: string, from: number, to: number): string {
  let [start, end] = [from, to]
  while (start < end && isSpace(text, start)) start++
  while (end > start && isSpace(text, end - 1)) end--
  return text.slice(start, end)
}

const SPACE = 32
const TAB = 9

function isSpace(text: string, place: number): boolean {
  const code = text.charCodeAt(place)
  return code === SPACE || code === TAB
}

function startsPair(header: string, place: number): boolean {
  let before = place - 1
  while (before >= 0 && isSpace(header, before)) before--
  return before < 0 || header[before] === ';'
}

/** `/`, and the folders of the request's path, with and without the last slash; at most four levels. */
function pathsAbove(url: string): string[] {
  const folders = /^(\/[\w\-.~/%]*)/.exec(url)?.[1]?.split('/').filter(Boolean).slice(0, 4) ?? []
  const paths = folders.flatMap((_, i) => {
    const path = `/${folders.slice(0, i + 1).join('/')}`
    return [path, `${path}/`]
  })
  return ['/', ...paths]
}

/** The request's host and the domains above it that have a dot; at most four. */
function domainsAbove(host: string): string[] {
  const name = host.replace(/:\d+$/, '')
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
  if (name.length > 253 || !new RegExp(`^${label}(?:\\.${label})+$`, 'i').test(name) || /^[\d.]+$/.test(name)) return []
  const labels = name.split('.')
  return labels
    .slice(0, -1)
    .map((_, i) => labels.slice(i).join('.'))
    .slice(-3)
}
