// What is sealed: a whole session, with both clocks, as a list of fields.

import { factsFrom } from '../../lib/facts.js'
import { ownText } from '../../lib/own-text.js'
import type { SessionFacts, SessionValues } from '../../lib/store.js'
import { FieldReader, fieldOf, fieldsOf } from './fields.js'

export interface Content {
  readonly handle: string
  readonly facts: SessionFacts
  /** Both as text, which stays the same while values change. */
  readonly head: string
  readonly values: SessionValues
}

export function contentOf(handle: string, facts: SessionFacts, values: SessionValues): Content {
  return { handle, facts: Object.freeze(facts), head: headOf(handle, facts), values }
}

export function contentToText({ head, values }: Content): string {
  return head + fieldsOf(values)
}

function headOf(handle: string, facts: SessionFacts): string {
  const { id, idleMs, lifetimeMs, persistent, indexes, address, agent, certificate, createdAt, startedAt, authenticatedAt, seenAt } = facts
  let text = fieldOf(handle) + fieldOf((persistent ? 'p' : '') + originFlags(facts)) + fieldOf(id)
  text += timeOf(createdAt) + timeOf(startedAt) + timeOf(seenAt) + timeOf(idleMs) + timeOf(authenticatedAt) + timeOf(lifetimeMs)
  if (address !== undefined) text += fieldOf(address)
  if (agent !== undefined) text += fieldOf(agent)
  if (certificate !== undefined) text += fieldOf(certificate)
  text += fieldOf(String(Object.keys(indexes).length)) + fieldsOf(indexes)
  // In one piece.
  return ownText(text)
}

/** Of text that was opened, so that we wrote it ourselves. */
export function contentFromText(text: string): Content {
  const fields = new FieldReader(text)
  const handle = fields.next()
  const flags = fields.next()
  const persistent = flags.includes('p')
  const id = fields.next()
  const [createdAt, startedAt, seenAt, idleMs] = [
    Number(fields.next()),
    Number(fields.next()),
    Number(fields.next()),
    Number(fields.next()),
  ]
  const [authenticatedAt, lifetimeMs] = [timeOrNull(fields.next()), timeOrNull(fields.next())]
  const address = flags.includes('a') ? fields.next() : undefined
  const agent = flags.includes('g') ? fields.next() : undefined
  const certificate = flags.includes('c') ? fields.next() : undefined
  const indexes = fields.nextMap(Number(fields.next()))
  const terms = { id, idleMs, lifetimeMs, persistent, indexes, address, agent, certificate }
  // Frozen, as the values are: what was opened may be handed out again.
  const facts = Object.freeze(factsFrom(terms, { createdAt, startedAt, authenticatedAt, seenAt }))
  return { handle, facts, head: fields.passed, values: fields.nextMap() }
}

function originFlags({ address, agent, certificate }: SessionFacts): string {
  return (address === undefined ? '' : 'a') + (agent === undefined ? '' : 'g') + (certificate === undefined ? '' : 'c')
}

function timeOf(time: number | null): string {
  return fieldOf(time === null ? '' : String(time))
}

function timeOrNull(field: string): number | null {
  return field === '' ? null : Number(field)
}
