// The client of `ioredis`: Redis (also behind sentinels) or Cluster.
import type { RedisDriver } from './driver.js'
import { subscribeIoredis } from './subscribing.js'

/** As much of the client as the store uses; written out, so that the types of this package need no driver. */
export interface IoredisClient {
  evalsha(sha: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>
}

interface OptionalCalls {
  readonly isCluster?: boolean
  script?(subcommand: 'LOAD', script: string): Promise<unknown>
}

export function ioredisDriver(client: IoredisClient & OptionalCalls): RedisDriver {
  return {
    clustered: client.isCluster === true,
    evalSha: (sha, keys, args) => client.evalsha(sha, keys.length, ...keys, ...args),
    eval: (script, keys, args) => client.eval(script, keys.length, ...keys, ...args),
    subscribe: (channel, heard, lost) => subscribeIoredis(client, channel, heard, lost),
    load: async (script) => client.script?.('LOAD', script),
  }
}
