// The client of `ioredis`: Redis (also behind sentinels) or Cluster.
import type { RedisDriver } from './driver.js'

/** As much of the client as the store uses; written out, so that the types of this package need no driver. */
export interface IoredisClient {
  evalsha(sha: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>
}

interface OptionalCalls {
  script?(subcommand: 'LOAD', script: string): Promise<unknown>
}

export function ioredisDriver(client: IoredisClient & OptionalCalls): RedisDriver {
  return {
    evalSha: (sha, key, args) => client.evalsha(sha, 1, key, ...args),
    eval: (script, key, args) => client.eval(script, 1, key, ...args),
    load: async (script) => client.script?.('LOAD', script),
  }
}
