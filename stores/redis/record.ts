// A session as a hash (see scripts.ts) and back.
import { blank, copyText } from '../../lib/apply.js'
import { factsFrom } from '../../lib/facts.js'
import type { SessionFacts, SessionNotice, SessionTerms, SessionValues } from '../../lib/store.js'
import { unreadable } from './errors.js'
import { isMarked, unpack } from './packing.js'

export interface StoredHash {
  /** As they stand in Redis; see packing.ts. */
  readonly values: Record<string, string>
  readonly facts: SessionFacts
  readonly now: number
  /** As it was found; `facts.seenAt` is the time of this load if that slid. */
  readonly seenBefore: number
}

export type Terms = Partial<Omit<SessionTerms, 'indexes'>>

/** The terms that stand in fields of their own. */
export function termFields({ id, address, agent, certificate }: Terms): string[] {
  const fields: string[] = []
  if (id !== undefined) fields.push('i', id)
  if (address !== undefined) fields.push('a', address)
  if (agent !== undefined) fields.push('g', agent)
  if (certificate !== undefined) fields.push('c', certificate)
  return fields
}

/** Idle span, lifetime and persistence as scripts take them; `''` for what is not named. */
export function clockArguments({ idleMs, lifetimeMs, persistent }: Terms): string[] {
  const life = lifetimeMs === undefined ? '' : lifetimeMs === null ? '-' : String(lifetimeMs)
  return [idleMs === undefined ? '' : String(idleMs), life, persistent === undefined ? '' : persistent ? '1' : '0']
}

export function factsOfNew(terms: SessionTerms, now: number, hasUser: boolean): SessionFacts {
  const own = { ...terms, indexes: copyText(terms.indexes) }
  return factsFrom(own, { createdAt: now, startedAt: now, authenticatedAt: hasUser ? now : null, seenAt: now })
}

/** Fields and texts in turn, then the time of Redis and when the session was seen; `slid`: by now it was seen again. */
export function readHash(operation: string, reply: readonly unknown[], slid: boolean = false): StoredHash {
  const values = blank()
  const indexes = blank()
  const single: SingleFields = { ...NO_FIELDS }
  const last = reply.length - 2
  for (let place = 0; place < last; place += 2) {
    const field = reply[place]
    const text = reply[place + 1]
    if (typeof field !== 'string' || typeof text !== 'string') throw unreadable(operation)
    if (field.length === 1) single[field] = text
    else if (field.charCodeAt(0) === V) values[field.slice(2)] = text
    else indexes[field.slice(2)] = text
  }
  const now = Number(reply[last])
  const seenBefore = Number(reply[last + 1])
  return { values, facts: readFacts(operation, single, indexes, slid ? now : seenBefore), now, seenBefore }
}

/** The reply of LOAD. */
export function readLoaded(reply: unknown, slid: boolean): StoredHash {
  if (typeof reply !== 'string') throw unreadable('load')
  return readHash('load', JSON.parse(reply) as unknown[], slid)
}

/** See NOTICED in lua.ts. */
function noticeOf(text: string): SessionNotice {
  const endsAt = text.slice(0, text.indexOf(' '))
  return { message: text.slice(text.indexOf(' ', endsAt.length + 1) + 1), endsAt: Number(endsAt) }
}

const V = 0x76

/** Fields of one letter, see scripts.ts. */
type SingleFields = Record<string, string | undefined>

const NO_FIELDS: SingleFields = {
  p: undefined,
  t: undefined,
  s: undefined,
  i: undefined,
  a: undefined,
  g: undefined,
  c: undefined,
  e: undefined,
  n: undefined,
}

function readFacts(operation: string, single: Readonly<SingleFields>, indexes: SessionValues, seenAt: number): SessionFacts {
  const times = single['t']?.split(' ')
  if (times?.length !== 6) throw unreadable(operation)
  const [createdAt, startedAt, authenticatedAt, idleMs, lifetimeMs] = times.map((time) => (time === '-' ? null : Number(time)))
  const { a: address, g: agent, c: certificate, n: notice } = single
  const clocks = { idleMs: idleMs ?? 0, lifetimeMs: lifetimeMs ?? null }
  return factsFrom(
    { id: single['i'] ?? '', ...clocks, persistent: times[5] === '1', indexes, address, agent, certificate },
    { createdAt: createdAt ?? 0, startedAt: startedAt ?? 0, authenticatedAt: authenticatedAt ?? null, seenAt },
    notice === undefined ? undefined : noticeOf(notice),
  )
}

/** Puts the values as the application wrote them. A promise only if one is marked. */
export function readValues(operation: string, values: Record<string, string>): SessionValues | Promise<SessionValues> {
  let marked: string[] | undefined
  for (const key in values) {
    if (!isMarked(values[key] ?? '')) continue
    marked ??= []
    marked.push(key)
  }
  return marked === undefined ? values : unpackAll(operation, values, marked)
}

async function unpackAll(operation: string, values: Record<string, string>, keys: readonly string[]): Promise<SessionValues> {
  const texts = await Promise.all(keys.map((key) => unpack(operation, values[key] ?? '')))
  for (const [n, key] of keys.entries()) values[key] = texts[n] ?? ''
  return values
}

/** The earlier of both clocks. */
export function expiresAt({ seenAt, idleMs, startedAt, lifetimeMs }: SessionFacts): number {
  return Math.min(seenAt + idleMs, lifetimeMs === null ? Number.POSITIVE_INFINITY : startedAt + lifetimeMs)
}

/** Names and texts in turn. */
export function pairs(reply: readonly unknown[]): [string, string][] {
  return Array.from({ length: reply.length / 2 }, (_, n) => [String(reply[2 * n]), String(reply[2 * n + 1])])
}
