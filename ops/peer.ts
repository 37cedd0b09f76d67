// Optional peers are loaded when they are needed and not handed in. Their names never stand as a literal in a `require`: an application
// that is bundled without them must still build.
// Under a name of its own: bundles into ES modules begin with a line that takes the other, as esbuild's documentation has it.
import { createRequire as requireFrom } from 'node:module'
import { HERE } from '../stores/here.js'

/** What the package exports. Throws at once, with the command that installs it, since records that nobody keeps should not go unnoticed. */
export function requirePeer(caller: string, name: string, option: string): unknown {
  try {
    return requireFrom(HERE)(name)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND')) throw cause
    throw new Error(`${caller}: needs the package ${name}: npm install ${name}, or hand it in as the option ${option}`, { cause })
  }
}
