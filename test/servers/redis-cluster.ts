// A Redis Cluster of three masters and three replicas on loopback.
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from 'redis'
import { type RedisServer, startRedis } from './redis-server.js'
import { freePort, HOST } from './server-process.js'

export interface RedisCluster {
  /** Three masters, then the replica of each. */
  readonly nodes: readonly RedisServer[]
  /** Resolves once each replica has as many keys as its master. WAIT would tell of the writes of its own connection only. */
  replicated(): Promise<void>
  stop(): Promise<void>
}

const MASTERS = 3
const SLOTS = 16_384
/** A master that is silent for so long is taken for dead. */
const NODE_TIMEOUT_MS = 1000
const READY_MS = 20_000
const NODE_ATTEMPTS = 3

export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: 2 * MASTERS }, startNode))
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    await join(nodes)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    nodes,
    stop,
    replicated: () => untilEach(pairsOf(nodes), async ([master, replica]) => (await keys(master)) === (await keys(replica))),
  }
}

/** Somebody may take the second port before the node does. */
async function startNode(): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startNodeOn(await freePort())
    } catch (error) {
      if (attempt === NODE_ATTEMPTS) throw error
    }
  }
}

async function startNodeOn(busPort: number): Promise<RedisServer> {
  return startRedis({
    config: {
      'cluster-enabled': 'yes',
      'cluster-port': String(busPort),
      'cluster-node-timeout': String(NODE_TIMEOUT_MS),
      'cluster-require-full-coverage': 'no',
      'repl-diskless-sync-delay': '0',
      'repl-ping-replica-period': '1',
    },
  })
}

async function ask(node: RedisServer, ...command: string[]): Promise<string> {
  const client = createClient({ url: node.url, RESP: 2, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return String(await client.sendCommand(command))
  } finally {
    client.destroy()
  }
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  for (const [n, node] of nodes.entries()) await ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', String(n + 1))
  const pairs = pairsOf(nodes)
  for (const [n, [master]] of pairs.entries()) {
    const [first = 0, next = SLOTS] = [n, n + 1].map((part) => Math.ceil((part * SLOTS) / MASTERS))
    await ask(master, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String(next - 1))
  }
  const [meeting, ...others] = nodes
  for (const node of others) await ask(meeting as RedisServer, 'CLUSTER', 'MEET', HOST, String(node.port), await busPort(node))
  await untilEach(nodes, async (node) => (await ask(node, 'CLUSTER', 'NODES')).split('\n').length > nodes.length)
  await untilEach(pairs, async ([master, replica]) => {
    const id = await ask(master, 'CLUSTER', 'MYID')
    return (await ask(replica, 'CLUSTER', 'REPLICATE', id).catch(() => '')) === 'OK'
  })
  await untilEach(nodes, async (node) => isReady(await ask(node, 'CLUSTER', 'INFO'), await ask(node, 'INFO', 'replication')))
}

/** Each master with its replica. */
function pairsOf(nodes: readonly RedisServer[]): [RedisServer, RedisServer][] {
  return nodes.slice(0, MASTERS).map((master, n) => [master, nodes[MASTERS + n] as RedisServer])
}

async function busPort(node: RedisServer): Promise<string> {
  return (await ask(node, 'CONFIG', 'GET', 'cluster-port')).split(',')[1] ?? ''
}

async function keys(node: RedisServer): Promise<string> {
  return ask(node, 'DBSIZE')
}

function isReady(cluster: string, replication: string): boolean {
  const linked = /role:master/.test(replication) ? /state=online/ : /master_link_status:up/
  return /cluster_state:ok/.test(cluster) && /cluster_size:3/.test(cluster) && linked.test(replication)
}

async function untilEach<T>(each: readonly T[], holds: (one: T) => Promise<boolean>): Promise<void> {
  const end = Date.now() + READY_MS
  for (const one of each) {
    while (!(await holds(one))) {
      if (Date.now() > end) throw new Error(`the cluster was not ready within ${READY_MS} ms`)
      await delay(25)
    }
  }
}
