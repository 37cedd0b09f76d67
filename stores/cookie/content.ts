// What is sealed: a whole session, with both clocks, as a list of fields.
import type { SessionFacts, SessionValues } from '../../lib/store.js'
import { joinFields, mapOf, pairsOf, splitFields } from './fields.js'

export interface Content {
  readonly handle: string
  readonly values: SessionValues
  readonly facts: SessionFacts
}

/** Fields before the indexes. */
const FIXED = 12

export function contentToText({ handle, values, facts }: Content): string {
  const { id, idleMs, lifetimeMs, persistent, indexes, address, agent, createdAt, startedAt, authenticatedAt, seenAt } = facts
  const flags = (persistent ? 'p' : '') + (address === undefined ? '' : 'a') + (agent === undefined ? '' : 'g')
  const times = [createdAt, startedAt, authenticatedAt, seenAt, idleMs, lifetimeMs].map((time) => (time === null ? '' : String(time)))
  const pairs = pairsOf(indexes)
  return joinFields([handle, id, flags, ...times, address ?? '', agent ?? '', String(pairs.length), ...pairs, ...pairsOf(values)])
}

/** Of text that was opened, so that we wrote it ourselves. */
export function contentFromText(text: string): Content {
  const fields = splitFields(text)
  const [handle = '', id = '', flags = ''] = fields
  const [createdAt = 0, startedAt = 0, authenticatedAt = null, seenAt = 0, idleMs = 0, lifetimeMs = null] = fields.slice(3, 9).map(timeOf)
  const [address = '', agent = '', pairs = ''] = fields.slice(9, FIXED)
  const valuesFrom = FIXED + Number(pairs)
  const facts = {
    id,
    idleMs: idleMs ?? 0,
    lifetimeMs,
    persistent: flags.includes('p'),
    indexes: mapOf(fields, FIXED, valuesFrom),
    ...(flags.includes('a') ? { address } : {}),
    ...(flags.includes('g') ? { agent } : {}),
    createdAt: createdAt ?? 0,
    startedAt: startedAt ?? 0,
    authenticatedAt,
    seenAt: seenAt ?? 0,
  }
  return { handle, values: mapOf(fields, valuesFrom, fields.length), facts }
}

function timeOf(field: string): number | null {
  return field === '' ? null : Number(field)
}
