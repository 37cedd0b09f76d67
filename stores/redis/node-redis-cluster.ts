// The cluster client of `redis` learns that another master took over from a MOVED reply, and from a master that died none comes: 5 goes
// on asking the dead one for ever, 6 for some seconds. So at each of its failed tries a living master is asked who owns what.

interface NodeClient {
  readonly isReady?: boolean
}

/** As much of the cluster client as is used here; `_slots` is its own, so nothing depends on its being there. */
interface ClusterClient {
  readonly masters: readonly { readonly client?: NodeClient }[]
  readonly _slots?: { rediscover?(startWith: NodeClient): Promise<unknown> }
  on(event: 'node-error', listener: () => void): unknown
  off(event: 'node-error', listener: () => void): unknown
}

const PAUSE_MS = 250

/** Returns what ends it; does nothing for a client that is no cluster. */
export function followTakeovers(client: object): () => void {
  if (!isCluster(client)) return () => {}
  let last = Number.NEGATIVE_INFINITY
  const ask = (): void => {
    const now = performance.now()
    if (now - last < PAUSE_MS) return
    last = now
    const living = client.masters.find((master) => master.client?.isReady === true)?.client
    if (living !== undefined) client._slots?.rediscover?.(living).catch(() => {})
  }
  client.on('node-error', ask)
  return () => {
    client.off('node-error', ask)
  }
}

export function isCluster(client: object): client is ClusterClient {
  return 'masters' in client && Array.isArray(client.masters) && 'on' in client && 'off' in client
}
