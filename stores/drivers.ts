// Drivers are optional peers: each is loaded when its store is opened. Their names never stand as a literal in an `import()`: an
// application that is bundled without the driver must still build.
// Under a name of its own: bundles into ES modules begin with a line that takes the other, as esbuild's documentation has it.
import { createRequire as requireFrom } from 'node:module'
import { SessionStoreError } from '../lib/errors.js'
import { HERE } from './here.js'

/** What the package exports; rejects with the command that installs it. */
export async function importDriver(name: string): Promise<unknown> {
  try {
    return await import(name)
  } catch (cause) {
    throw new SessionStoreError('connect', needs(name), { cause, unknown: false })
  }
}

/** Known at once, unlike a failed `import()`, but not for certain: loaders and bundlers have ways of their own. */
export function isMissing(name: string): boolean {
  try {
    requireFrom(HERE).resolve(name)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND'
  }
}

export function needs(name: string): string {
  return `needs the package ${name}: npm install ${name}`
}
