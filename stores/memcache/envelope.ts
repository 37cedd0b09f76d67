// A session as one text: a line of JSON with proof, facts and the lengths of keys and values, and after it their texts in a row. So
// values are neither escaped nor parsed on their way. Of the verifier only the proof is there.
import { blank } from '../../lib/apply.js'
import { factsFrom } from '../../lib/facts.js'
import type { SessionFacts, SessionValues } from '../../lib/store.js'

/** Another form gets another number, so that two versions of this package may run side by side. */
const FORM = 1

export interface Entry {
  readonly proof: string
  readonly facts: SessionFacts
  readonly values: SessionValues
}

/** As JSON writes it; the order is the form. */
type Head = readonly [
  form: number,
  proof: string,
  id: string,
  times: readonly [
    createdAt: number,
    startedAt: number,
    authenticatedAt: number | null,
    seenAt: number,
    idleMs: number,
    lifetimeMs: number | null,
  ],
  persistent: boolean,
  /** The certificate stands there only if there is one. */
  origin: readonly [address: string | null, agent: string | null, certificate?: string],
  /** Name and value in turn. */
  indexes: readonly string[],
  /** Of key and value in turn. */
  lengths: readonly number[],
]

export function packEntry({ proof, facts, values }: Entry): string {
  const { createdAt, startedAt, authenticatedAt, seenAt, idleMs, lifetimeMs } = facts
  const lengths: number[] = []
  let texts = ''
  for (const key of Object.keys(values)) {
    const text = values[key] as string
    lengths.push(key.length, text.length)
    texts += key + text
  }
  const head: Head = [
    FORM,
    proof,
    facts.id,
    [createdAt, startedAt, authenticatedAt, seenAt, idleMs, lifetimeMs],
    facts.persistent,
    originOf(facts),
    Object.entries(facts.indexes).flat(),
    lengths,
  ]
  return `${JSON.stringify(head)}\n${texts}`
}

function originOf({ address, agent, certificate }: SessionFacts): Head[5] {
  return certificate === undefined ? [address ?? null, agent ?? null] : [address ?? null, agent ?? null, certificate]
}

/** `null` if it is not of this form, or does not have the length that it says. */
export function unpackEntry(text: string): Entry | null {
  const end = text.indexOf('\n')
  const head = end < 0 ? null : parseHead(text.slice(0, end))
  if (head === null) return null
  const [, proof, id, times, persistent, origin, indexes, lengths] = head
  const values = cutValues(text, end + 1, lengths)
  return values === null ? null : { proof, facts: readFacts(id, times, persistent, origin, indexes), values }
}

function parseHead(line: string): Head | null {
  try {
    const head: unknown = JSON.parse(line)
    return Array.isArray(head) && head[0] === FORM && head.length === 8 ? (head as unknown as Head) : null
  } catch {
    return null
  }
}

function cutValues(text: string, start: number, lengths: readonly number[]): SessionValues | null {
  const values = blank()
  let place = start
  for (let n = 0; n + 1 < lengths.length; n += 2) {
    const keyEnd = place + (lengths[n] ?? 0)
    const valueEnd = keyEnd + (lengths[n + 1] ?? 0)
    values[text.slice(place, keyEnd)] = text.slice(keyEnd, valueEnd)
    place = valueEnd
  }
  return place === text.length ? Object.freeze(values) : null
}

function readFacts(id: string, times: Head[3], persistent: boolean, [address, agent, certificate]: Head[5], pairs: Head[6]): SessionFacts {
  const [createdAt, startedAt, authenticatedAt, seenAt, idleMs, lifetimeMs] = times
  const indexes = blank()
  for (let n = 0; n + 1 < pairs.length; n += 2) indexes[pairs[n] ?? ''] = pairs[n + 1] ?? ''
  const terms = { id, idleMs, lifetimeMs, persistent, indexes, address: address ?? undefined, agent: agent ?? undefined, certificate }
  return factsFrom(terms, { createdAt, startedAt, authenticatedAt, seenAt })
}
