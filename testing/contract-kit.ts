// Shared by the themes of the store contract: making sessions, reading them back, forging tokens.
import assert from 'node:assert/strict'
import type { LoadedSession, SessionChanges, SessionIndex, SessionStore, SessionTerms, SessionValues, StoredSession } from '../lib/store.js'
import { newHandle, parseToken } from '../lib/token.js'

/** Long enough to play no part in a test. */
export const HOUR_MS = 3_600_000

/** Never the same twice: backends are shared, and rows of an earlier run may still be there. */
export function unique(prefix: string): string {
  return `${prefix}-${newHandle()}`
}

export function someTerms(terms: Partial<SessionTerms> = {}): SessionTerms {
  return { id: unique('id'), idleMs: HOUR_MS, lifetimeMs: 24 * HOUR_MS, persistent: true, indexes: {}, ...terms }
}

export async function newSession(
  store: SessionStore,
  values: SessionValues = {},
  terms: Partial<SessionTerms> = {},
): Promise<StoredSession> {
  return await store.create({ values, terms: someTerms(terms) })
}

/** Several sessions with the same terms, one after the other. */
export async function newSessions(store: SessionStore, count: number, terms: Partial<SessionTerms>): Promise<StoredSession[]> {
  const made: StoredSession[] = []
  for (const n of range(count)) made.push(await newSession(store, { n: String(n) }, terms))
  return made
}

export async function mustLoad(store: SessionStore, token: string, slide = false): Promise<LoadedSession> {
  const found = await store.load(token, { slide })
  assert.ok(found !== null && found !== 'reused', `a live session was not found: load gave ${String(found)}`)
  return found
}

/** Loads with a slide; gives the token to go on with. */
export async function slide(store: SessionStore, token: string): Promise<string> {
  return (await mustLoad(store, token, true)).token
}

/** Updates; gives the token to go on with. */
export async function save(store: SessionStore, token: string, changes: SessionChanges): Promise<string> {
  const result = await store.update(token, changes)
  assert.equal(result.outcome, 'saved')
  return result.outcome === 'saved' ? result.token : token
}

export async function mustRotate(store: SessionStore, token: string, changes: SessionChanges = {}): Promise<StoredSession> {
  const rotated = await store.rotate(token, changes)
  assert.ok(rotated !== null, 'a live session was not rotated')
  return rotated
}

export async function assertNone(store: SessionStore, token: string, message = 'the token still loads a session'): Promise<void> {
  const found = await store.load(token, { slide: false })
  assert.ok(found === null || found === 'reused', message)
}

/** No call accepts the token, and none of them makes that change. */
export async function assertNoneForAll(store: SessionStore, token: string): Promise<void> {
  const changes: SessionChanges = { set: { forged: '1' }, clear: { keep: [] } }
  await assertNone(store, token)
  assert.equal((await store.update(token, changes)).outcome, 'gone', 'update must find it gone')
  assert.equal(await store.rotate(token, changes), null, 'rotate must find nothing')
  assert.equal(await store.destroy(token), false, 'destroy must find nothing')
  const found = await store.load(token, { slide: true })
  assert.ok(found === null || found === 'reused', 'the token loads a session after writes that came too late')
}

export async function assertValues(store: SessionStore, token: string, expected: SessionValues): Promise<void> {
  assertSameText((await mustLoad(store, token)).values, expected)
}

/** Equal as maps: neither order nor prototype counts. */
export function assertSameText(actual: Readonly<Record<string, string>>, expected: Readonly<Record<string, string>>): void {
  assert.deepEqual(sortedEntries(actual), sortedEntries(expected))
}

export function needIndex(store: SessionStore): SessionIndex {
  assert.ok(store.index !== undefined, "the store has no index: declare cannot: ['index']")
  return store.index
}

/** The handle of one session with the secret of another; of a sealed token, one altered character. */
export function forge(of: StoredSession, secretOf: StoredSession): string {
  if (of.token.includes(of.handle)) return secretOf.token.replaceAll(secretOf.handle, of.handle)
  return alterAt(of.token, Math.floor(of.token.length / 2))
}

/** The token with another character at one place: at each place that is secret, at most about sixty. */
export function alteredTokens(store: SessionStore, token: string): string[] {
  const secretFrom = secretStart(store, token)
  const places = range(token.length - secretFrom).map((place) => secretFrom + place)
  const step = Math.ceil(places.length / 60)
  return places.filter((place, n) => n % step === 0 || place === token.length - 1).map((place) => alterAt(token, place))
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}

/** Of a token whose form is not known nothing is altered: not all of it need be secret. */
function secretStart(store: SessionStore, token: string): number {
  const parts = parseToken(token)
  if (parts !== null) return token.length - parts.verifier.length
  return store.sealsToken === true ? 0 : token.length
}

function alterAt(token: string, place: number): string {
  return token.slice(0, place) + (token[place] === 'A' ? 'B' : 'A') + token.slice(place + 1)
}

function sortedEntries(map: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))
}
