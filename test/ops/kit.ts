// Audit trails in memory, and the schema that every line is held to.
import { readFileSync } from 'node:fs'
import { type ErrorObject, Ajv2020 as Validator } from 'ajv/dist/2020.js'
import type { AuditRecord } from '../../ops/audit.js'

const SCHEMA = JSON.parse(readFileSync('ops/audit.schema.json', 'utf8')) as object

const validate = new Validator({ allErrors: true }).compile(SCHEMA)

/** What the schema finds wrong with a record; `null`: nothing. */
export function faultsOf(record: unknown): ErrorObject[] | null {
  return validate(record) ? null : (validate.errors ?? [])
}

/** Collects lines, as a function that `destination` takes. */
export interface Trail {
  (line: string): void
  readonly lines: string[]
  /** Every line, parsed; throws if one is not exactly one line of JSON that the schema allows. */
  records(): AuditRecord[]
  /** `event` or `event:reason`, in order. */
  told(): string[]
}

export function trail(): Trail {
  const lines: string[] = []
  const records = (): AuditRecord[] => lines.map(recordIn)
  const told = (): string[] => records().map(({ event, reason }) => (reason === undefined ? event : `${event}:${reason}`))
  return Object.assign((line: string) => void lines.push(line), { lines, records, told })
}

export function recordIn(line: string): AuditRecord {
  // What editors, terminals and log shippers take for the end of a line.
  if (!/^[^\n\r\u2028\u2029\u0085]+\n$/.test(line)) throw new Error(`not exactly one line: ${JSON.stringify(line)}`)
  const record = JSON.parse(line) as AuditRecord
  const faults = faultsOf(record)
  if (faults !== null) throw new Error(`${line}${JSON.stringify(faults, null, 2)}`)
  return record
}
