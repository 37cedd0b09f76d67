// Changes of a session as the script WRITE takes them: flat lists, each after its length.
import type { MaybePromise, SessionChanges, SessionValues } from '../../lib/store.js'
import { type Packing, packedPrefix, plain } from './packing.js'
import { clockArguments, termFields } from './record.js'

/** `newProof` is `''` for an update. */
export async function writeArguments(packing: Packing, proof: string, newProof: string, changes: SessionChanges): Promise<string[]> {
  const { clear, unset = [], set = {}, terms = {} } = changes
  const fields = await valueFields(packing, set)
  fields.push(...termFields(terms))
  return [
    proof,
    newProof,
    ...clockArguments(terms),
    ...expectations(changes.expect),
    ...(clear === undefined ? ['-1'] : counted(clear.keep.map(valueField))),
    ...counted(unset.map(valueField)),
    ...counted(fields),
    ...indexChanges(changes.indexes),
  ]
}

/** Field and stored text in turn. */
export async function valueFields(packing: Packing, values: SessionValues): Promise<string[]> {
  const fields: string[] = []
  for (const [key, text] of Object.entries(values)) {
    const packed: MaybePromise<string> = packing.pack(text)
    fields.push(valueField(key), typeof packed === 'string' ? packed : await packed)
  }
  return fields
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
