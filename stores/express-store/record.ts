// What is handed to the store: `cookie`, by which it computes its TTL, and our part. Plain, whatever the store serialises with.

import { expiresAt } from '../../lib/facts.js'
import type { SessionFacts, SessionValues } from '../../lib/store.js'

export interface Kept {
  readonly proof: string
  readonly facts: SessionFacts
  readonly values: SessionValues
}

/** Keys and texts in pairs: as names of properties some stores refuse `a.b` and `$set`, and some copy `__proto__` by assignment. */
type Pairs = readonly (readonly [key: string, text: string])[]

export interface StoredObject {
  readonly cookie: {
    readonly originalMaxAge: number
    /** connect-redis and most others go by this, */
    readonly expires: Date
    /** a few (connect-memcached, memorystore) by this alone. */
    readonly maxAge: number
    readonly httpOnly: true
    readonly path: '/'
  }
  readonly steady: {
    readonly proof: string
    readonly facts: Omit<SessionFacts, 'indexes'> & { readonly indexes: Pairs }
    readonly values: Pairs
  }
}

/** Made anew for each call: a store may keep the very object. */
export function objectOf({ proof, facts, values }: Kept, now: number): StoredObject {
  const end = expiresAt(facts)
  // In whole seconds, and up: a store that rounds down must not end the session before its time, nor take 0 for "never".
  const maxAge = Math.max(1, Math.ceil((end - now) / 1000)) * 1000
  return {
    cookie: { originalMaxAge: facts.idleMs, expires: new Date(end), maxAge, httpOnly: true, path: '/' },
    steady: { proof, facts: { ...facts, indexes: Object.entries(facts.indexes) }, values: Object.entries(values) },
  }
}

/** `null` for nothing, and for what another library stored under the same name. */
export function keptIn(found: unknown): Kept | null {
  if (!isObject(found) || !isObject(found['steady'])) return null
  const { proof, facts, values } = found['steady']
  if (typeof proof !== 'string' || !isPairs(values) || !isFacts(facts)) return null
  return { proof, values: mapOf(values), facts: { ...facts, indexes: mapOf(facts.indexes) } }
}

function isFacts(facts: unknown): facts is StoredObject['steady']['facts'] {
  if (!isObject(facts) || typeof facts['id'] !== 'string' || typeof facts['persistent'] !== 'boolean') return false
  const { lifetimeMs, authenticatedAt, idleMs, createdAt, startedAt, seenAt, address, agent, certificate, indexes } = facts
  return (
    [idleMs, createdAt, startedAt, seenAt].every(Number.isFinite) &&
    [lifetimeMs, authenticatedAt].every((time) => time === null || Number.isFinite(time)) &&
    [address, agent, certificate].every((text) => text === undefined || typeof text === 'string') &&
    isPairs(indexes)
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isPairs(value: unknown): value is Pairs {
  return Array.isArray(value) && value.every(isPair)
}

function isPair(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && typeof pair[1] === 'string'
}

/** Without a prototype, so that no key is special. */
function mapOf(pairs: Pairs): SessionValues {
  const map: Record<string, string> = Object.create(null)
  for (const [key, text] of pairs) map[key] = text
  return map
}
