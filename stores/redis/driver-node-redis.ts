// The client of `redis` 5 and 6: a single server, a cluster or a sentinel. They share these calls.
import type { RedisDriver } from './driver.js'
import { followTakeovers, isCluster } from './node-redis-cluster.js'
import { subscribeNodeRedis } from './subscribing.js'

interface EvalOptions {
  keys: string[]
  arguments: string[]
}

/** As much of the client as the store uses; written out, so that the types of this package need no driver. */
export interface NodeRedisClient {
  evalSha(sha: string, options: EvalOptions): Promise<unknown>
  eval(script: string, options: EvalOptions): Promise<unknown>
}

interface OptionalCalls {
  withCommandOptions?(options: Record<string, unknown>): NodeRedisClient
  scriptLoad?(script: string): Promise<unknown>
}

export function nodeRedisDriver(given: NodeRedisClient & OptionalCalls): RedisDriver {
  // The same connection under options of our own: texts whatever the application maps replies to, and no timer per command, since the
  // deadline of the call is kept above and this one could not end a command that was sent.
  const client = given.withCommandOptions?.({ typeMapping: {}, timeout: undefined }) ?? given
  return {
    clustered: isCluster(given),
    evalSha: (sha, keys, args) => client.evalSha(sha, { keys: [...keys], arguments: [...args] }),
    eval: (script, keys, args) => client.eval(script, { keys: [...keys], arguments: [...args] }),
    subscribe: (channel, heard, lost) => subscribeNodeRedis(given, channel, heard, lost),
    load: async (script) => given.scriptLoad?.(script),
    release: followTakeovers(given),
  }
}
