// Changes of a session as the script WRITE takes them: flat lists, each after its length.
import { whenReady } from '../../lib/maybe.js'
import type { MaybePromise, SessionChanges, SessionValues } from '../../lib/store.js'
import { type Packing, packedPrefix, plain } from './packing.js'
import { clockArguments, termFields } from './record.js'

/** `newProof` is `''` for an update. */
export function writeArguments(packing: Packing, proof: string, newProof: string, changes: SessionChanges): MaybePromise<string[]> {
  return whenReady(valueFields(packing, changes.set ?? {}), (values) => listed(values, proof, newProof, changes))
}

function listed(
  values: readonly string[],
  proof: string,
  newProof: string,
  { clear, unset = [], terms = {}, ...changes }: SessionChanges,
): string[] {
  return [
    proof,
    newProof,
    ...clockArguments(terms),
    ...expectations(changes.expect),
    ...(clear === undefined ? ['-1'] : counted(clear.keep.map(valueField))),
    ...counted(unset.map(valueField)),
    ...counted([...values, ...termFields(terms)]),
    ...indexChanges(changes.indexes),
  ]
}

/** Field and stored text in turn. A promise only if a text is compressed. */
export function valueFields(packing: Packing, values: SessionValues): MaybePromise<string[]> {
  const fields: MaybePromise<string>[] = []
  let isPacking = false
  for (const [key, text] of Object.entries(values)) {
    const packed = packing.pack(text)
    isPacking ||= typeof packed !== 'string'
    fields.push(valueField(key), packed)
  }
  return isPacking ? Promise.all(fields) : (fields as string[])
}

/** A compressed text is compared by its digest: another version of zlib may have packed the same text otherwise. */
function expectations(expect: SessionChanges['expect'] = {}): string[] {
  const entries = Object.entries(expect)
  const lists = entries.map(([key, text]) => [valueField(key), ...(text === null ? ['0', '', ''] : ['1', plain(text), packedPrefix(text)])])
  return [String(entries.length), ...lists.flat()]
}

function indexChanges(indexes: SessionChanges['indexes'] = {}): string[] {
  const entries = Object.entries(indexes)
  return [String(entries.length), ...entries.flatMap(([name, value]) => [name, value === null ? '0' : '1', value ?? ''])]
}

function counted(list: readonly string[]): string[] {
  return [String(list.length), ...list]
}

function valueField(key: string): string {
  return `v:${key}`
}
