// Runs scripts by their SHA-1, and by their text where the server does not know them (any more).

import { ADMIT, RELEASE, RESERVE } from './admission-scripts.js'
import type { RedisDriver } from './driver.js'
import { ANNOUNCE, BEGIN_EPOCH, END_IN, NODE, SCAN } from './ending-scripts.js'
import { isNoScript, storeError } from './errors.js'
import { INDEX_ADD, INDEX_MEMBERS, INDEX_REMOVE } from './index-scripts.js'
import type { Script } from './lua.js'
import { CREATE, FIND, LOAD, PROBE, REASSIGN, REMOVE, VALUE_OF, WRITE } from './scripts.js'

const ALL: readonly Script[] = [
  LOAD,
  CREATE,
  WRITE,
  FIND,
  REMOVE,
  REASSIGN,
  VALUE_OF,
  INDEX_ADD,
  INDEX_REMOVE,
  INDEX_MEMBERS,
  END_IN,
  BEGIN_EPOCH,
  SCAN,
  NODE,
  ANNOUNCE,
  ADMIT,
  RESERVE,
  RELEASE,
]

export class ScriptRunner {
  private readonly driver: RedisDriver

  constructor(driver: RedisDriver) {
    this.driver = driver
  }

  /** Rejects with a `SessionStoreError` that knows whether the call may have taken effect. */
  async run(operation: string, script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    try {
      return await this.driver.evalSha(script.sha, keys, args)
    } catch (error) {
      if (!isNoScript(error)) throw storeError(operation, error)
    }
    try {
      return await this.driver.eval(script.text, keys, args)
    } catch (error) {
      throw storeError(operation, error)
    }
  }

  /** Resolves to the server's eviction policy, once it answers. */
  async probe(key: string): Promise<string> {
    const policy = await this.run('connect', PROBE, [key], [])
    await Promise.allSettled(ALL.map(async ({ text }) => this.driver.load?.(text)))
    return String(policy)
  }
}
