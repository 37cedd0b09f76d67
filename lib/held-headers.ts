// The head of a response that waits: what the commit may read and add, and how it looked when the middleware got it.
import { OutgoingMessage, type ServerResponse } from 'node:http'
import { at } from './at.js'
import { isRawResponse, type RawResponse } from './held-output.js'

/** Node's own: to look them up on a response costs more than what they do; see `at`. */
const { getHeader, getHeaderNames } = OutgoingMessage.prototype

/** The headers about to leave, those given to `writeHead` included. */
export interface HeldHeaders {
  /** A list if the header is there more than once, as `Set-Cookie` may be. */
  get(name: string): string | readonly string[] | undefined
  /** Only where the head is text: adds whole lines and cookies, unless a line of it begins with one of the names. Loggers are told of the cookies. */
  addUnless?(names: RegExp, lines: string, cookies: readonly string[]): boolean
  /** Entries that the value repeats from before stay as and where they are; the rest is added. */
  set(name: string, value: string | readonly string[]): void
}

interface HeaderLine {
  readonly start: number
  readonly end: number
  readonly value: string
}

const NO_LINES: readonly HeaderLine[] = []

/**
 * The text that Node rendered. Edited as text, the application's own headers stay byte for byte as they are, whichever way
 * they were given: objects, arrays with duplicates, keys that differ by case only (CVE-2025-7339 was a rewrite of them).
 */
export class RenderedHeaders implements HeldHeaders {
  readonly #res: RawResponse
  #text: string

  /** `res` is asked to judge what is set: Node refuses characters that would split the head. */
  constructor(res: RawResponse, text: string) {
    this.#res = res
    this.#text = text
  }

  get(name: string): string | readonly string[] | undefined {
    const values = this.#find(name).map(({ value }) => value)
    return values.length > 1 ? values : values[0]
  }

  set(name: string, value: string | readonly string[]): void {
    const wanted = typeof value === 'string' ? [value] : [...value]
    setUnsent(this.#res, name, typeof value === 'string' ? value : [...wanted])
    const found = this.#find(name)
    const kept = found.every((line, index) => line.value === wanted[index])
    const added = (kept ? wanted.slice(found.length) : wanted).map((entry) => `${name}: ${entry}\r\n`).join('')
    const place = kept ? (found.at(-1)?.end ?? this.#text.length - 2) : (found[0]?.start ?? 0)
    this.#text = this.#text.slice(0, place) + added + this.#text.slice(place)
    if (!kept) for (const { start, end } of found.toReversed()) this.#cut(start + added.length, end + added.length)
  }

  addUnless(names: RegExp, lines: string, cookies: readonly string[]): boolean {
    if (names.test(this.#text)) return false
    if (cookies.length > 0) setUnsent(this.#res, 'Set-Cookie', [...cookies])
    let added = lines
    for (const cookie of cookies) added += `Set-Cookie: ${cookie}\r\n`
    this.#text = `${this.#text.slice(0, -2)}${added}\r\n`
    return true
  }

  toString(): string {
    return this.#text
  }

  #cut(start: number, end: number): void {
    this.#text = this.#text.slice(0, start) + this.#text.slice(end)
  }

  /** The lines of a header: from its first character to behind its line break. The status line is none. */
  #find(name: string): readonly HeaderLine[] {
    const text = this.#text
    const prefix = name.toLowerCase()
    // Most headers that are asked for are not there, and this search is native.
    if (!beginningOf(prefix).test(text)) return NO_LINES
    const found: HeaderLine[] = []
    for (let start = text.indexOf('\r\n') + 2; start < text.length - 2; ) {
      const end = text.indexOf('\r\n', start) + 2
      const colon = start + name.length
      if (text.charCodeAt(colon) === COLON && text.slice(start, colon).toLowerCase() === prefix) {
        found.push({ start, end, value: text.slice(colon + 2, end - 2) })
      }
      start = end
    }
    return found
  }
}

const COLON = 58

const beginnings = new Map<string, RegExp>()

/** How the line of a header begins; of the few that are ever asked for. */
function beginningOf(name: string): RegExp {
  const known = beginnings.get(name)
  if (known !== undefined) return known
  const made = new RegExp(`\n${name}:`, 'i')
  beginnings.set(name, made)
  return made
}

/** Also tells loggers, which ask `getHeader`; they would see it if nothing had waited. */
function setUnsent(res: RawResponse, name: string, value: string | string[]): void {
  const header = at(res, '_header')
  Reflect.set(res, '_header', null)
  try {
    res.setHeader(name, value)
  } finally {
    Reflect.set(res, '_header', header)
  }
}

/** The header object of an HTTP/2 response, as Node is about to send it: lower-case names, edited in place. */
export class Http2Headers implements HeldHeaders {
  readonly #headers: Record<string, unknown>

  constructor(headers: object) {
    this.#headers = headers as Record<string, unknown>
  }

  get(name: string): string | readonly string[] | undefined {
    return asText(this.#headers[name.toLowerCase()])
  }

  set(name: string, value: string | readonly string[]): void {
    this.#headers[name.toLowerCase()] = typeof value === 'string' ? value : [...value]
  }
}

/** The headers of a response that has no head of its own to render. */
export class StubHeaders implements HeldHeaders {
  readonly #res: ServerResponse

  constructor(res: ServerResponse) {
    this.#res = res
  }

  get(name: string): string | readonly string[] | undefined {
    return asText(this.#res.getHeader(name))
  }

  set(name: string, value: string | readonly string[]): void {
    this.#res.setHeader(name, typeof value === 'string' ? value : [...value])
  }
}

function asText(value: unknown): string | readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  return Array.isArray(value) ? value.map(String) : String(value)
}

const NO_NAMES: readonly string[] = []

/** What a refused response goes back to. Taken for each request, so it copies no more than it must. */
export class EntryHead {
  /** In lower case: as they were written, they cost six times as much (measured). */
  readonly #names: readonly string[]
  readonly #values: (number | string | string[] | undefined)[] | undefined
  readonly #statusCode: number
  readonly #sendDate: boolean

  constructor(res: ServerResponse) {
    // A class of its own may keep its headers elsewhere.
    const isPlain = isRawResponse(res) && Reflect.get(res, 'getHeaderNames') === getHeaderNames
    this.#names = isPlain ? getHeaderNames.call(res) : namesOf(res)
    if (this.#names.length > 0) this.#values = this.#names.map((name) => copied(isPlain ? getHeader.call(res, name) : res.getHeader(name)))
    this.#statusCode = Reflect.get(res, 'statusCode') as number
    this.#sendDate = at(res, 'sendDate')
  }

  restore(res: ServerResponse): void {
    const written = new Map(rawNamesOf(res).map((name) => [name.toLowerCase(), name]))
    for (const name of res.getHeaderNames()) res.removeHeader(name)
    this.#names.forEach((name, index) => {
      const value = this.#values?.[index]
      if (value !== undefined) res.setHeader(written.get(name) ?? name, value)
    })
    res.statusCode = this.#statusCode
    res.sendDate = this.#sendDate
    if (hasStatusMessage(res)) Reflect.set(res, 'statusMessage', undefined)
  }
}

/** HTTP/2 has none, and warns of whoever asks. */
function hasStatusMessage(res: ServerResponse): boolean {
  return !('stream' in res)
}

/** `appendHeader` adds to a list in place. */
function copied<T>(value: T): T {
  return Array.isArray(value) ? ([...value] as T) : value
}

/** Engine.IO's stub keeps none. */
function namesOf(res: ServerResponse): readonly string[] {
  return (res.getHeaderNames as ServerResponse['getHeaderNames'] | undefined) === undefined ? NO_NAMES : res.getHeaderNames()
}

/** HTTP/2 keeps no other names than those in lower case. */
function rawNamesOf(res: ServerResponse & { getRawHeaderNames?(): string[] }): readonly string[] {
  return res.getRawHeaderNames?.() ?? []
}
