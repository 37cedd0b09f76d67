// Update and rotation: the index before, the session in one step, the index after.
import { isPromise } from '../../lib/maybe.js'
import type { SessionChanges, SessionFacts } from '../../lib/store.js'
import type { Background } from './background.js'
import { unreadable } from './errors.js'
import type { IndexSets } from './index-sets.js'
import type { Keys } from './keys.js'
import type { Packing } from './packing.js'
import { pairs, readHash } from './record.js'
import type { ScriptRunner } from './script-runner.js'
import { WRITE } from './scripts.js'
import { writeArguments } from './write-arguments.js'

export type Written =
  | { readonly outcome: 'gone' | 'conflict' }
  /** The facts are there if times or indexes changed. */
  | { readonly outcome: 'saved'; readonly facts: SessionFacts | null }

/** What a session is written with, made once for a store. */
export interface WriterTools {
  readonly runner: ScriptRunner
  readonly sets: IndexSets
  readonly packing: Packing
  readonly background: Background
  readonly keys: Keys
}

/** By whom, and what the proof is to be: `''` leaves it. */
export interface Write {
  readonly operation: string
  readonly handle: string
  readonly proof: string
  readonly newProof: string
}

export async function writeSession(tools: WriterTools, write: Write, changes: SessionChanges): Promise<Written> {
  const { operation, handle, proof, newProof } = write
  const entered = Object.entries(changes.indexes ?? {}).filter((entry): entry is [string, string] => entry[1] !== null)
  const listed = writeArguments(tools.packing, proof, newProof, changes)
  const args = isPromise(listed) ? await listed : listed
  const told = entered.length === 0 ? undefined : await tools.sets.add(operation, handle, entered)
  const reply = await tools.runner.run(operation, WRITE, tools.keys.session(handle), args)
  if (!Array.isArray(reply)) throw unreadable(operation)
  const [status, left, facts]: readonly unknown[] = reply
  if (status === 2) {
    const hash = Array.isArray(facts) ? readHash(operation, facts) : null
    if (hash !== null) tools.background.add(tools.sets.confirm(operation, handle, hash, told))
    for (const [index, value] of Array.isArray(left) ? pairs(left) : [])
      tools.background.add(tools.sets.remove(operation, handle, index, value, 'ended'))
    return { outcome: 'saved', facts: hash?.facts ?? null }
  }
  for (const [index, value] of entered) tools.background.add(tools.sets.removeUnlessHeld(operation, handle, index, value))
  return { outcome: status === 1 ? 'conflict' : 'gone' }
}
