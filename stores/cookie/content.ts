// What is sealed: a whole session, with both clocks, as a list of fields.
import type { SessionFacts, SessionValues } from '../../lib/store.js'
import { FieldReader, joinFields, pairsOf } from './fields.js'

export interface Content {
  readonly handle: string
  readonly values: SessionValues
  readonly facts: SessionFacts
}

export function contentToText({ handle, values, facts }: Content): string {
  const { id, idleMs, lifetimeMs, persistent, indexes, address, agent, createdAt, startedAt, authenticatedAt, seenAt } = facts
  const flags = (persistent ? 'p' : '') + (address === undefined ? '' : 'a') + (agent === undefined ? '' : 'g')
  const times = [createdAt, startedAt, seenAt, idleMs, authenticatedAt, lifetimeMs].map((time) => (time === null ? '' : String(time)))
  const origin = [address, agent].filter((text) => text !== undefined)
  const pairs = pairsOf(indexes)
  return joinFields([handle, flags, id, ...times, ...origin, String(pairs.length / 2), ...pairs, ...pairsOf(values)])
}

/** Of text that was opened, so that we wrote it ourselves. */
export function contentFromText(text: string): Content {
  const fields = new FieldReader(text)
  const handle = fields.next()
  const flags = fields.next()
  const facts = {
    id: fields.next(),
    createdAt: Number(fields.next()),
    startedAt: Number(fields.next()),
    seenAt: Number(fields.next()),
    idleMs: Number(fields.next()),
    authenticatedAt: timeOrNull(fields.next()),
    lifetimeMs: timeOrNull(fields.next()),
    persistent: flags.includes('p'),
    ...(flags.includes('a') ? { address: fields.next() } : {}),
    ...(flags.includes('g') ? { agent: fields.next() } : {}),
    indexes: fields.nextMap(Number(fields.next())),
  }
  return { handle, values: fields.nextMap(), facts }
}

function timeOrNull(field: string): number | null {
  return field === '' ? null : Number(field)
}
