// A Redis Cluster of three masters and three replicas on loopback.
import { createClient } from 'redis'
import { type RedisServer, startRedis } from './redis-server.js'
import { freePort, HOST } from './server-process.js'

export interface RedisCluster {
  /** Three masters, then the replica of each. */
  readonly nodes: readonly RedisServer[]
  /** One command to one node. */
  ask(node: number, ...command: string[]): Promise<unknown>
  stop(): Promise<void>
}

const MASTERS = 3
const SLOTS = 16_384
/** A master that is silent for so long is taken for dead. */
const NODE_TIMEOUT_MS = 1000

export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: 2 * MASTERS }, startNode))
  const cluster = clusterOf(nodes)
  try {
    await join(cluster)
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

async function startNode(): Promise<RedisServer> {
  const busPort = await freePort()
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

function clusterOf(nodes: readonly RedisServer[]): RedisCluster {
  return {
    nodes,
    ask: (node, ...command) => askNode(nodes[node], command),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

async function askNode(node: RedisServer | undefined, command: string[]): Promise<unknown> {
  const client = createClient({ url: node?.url ?? '', RESP: 2, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.sendCommand(command)
  } finally {
    client.destroy()
  }
}

async function join({ nodes, ask }: RedisCluster): Promise<void> {
  for (const [n] of nodes.entries()) await ask(n, 'CLUSTER', 'SET-CONFIG-EPOCH', String(n + 1))
  for (let n = 0; n < MASTERS; n++) {
    const [first, next] = [n, n + 1].map((part) => Math.ceil((part * SLOTS) / MASTERS))
    await ask(n, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String((next ?? SLOTS) - 1))
  }
  const buses = await Promise.all(nodes.map((_, n) => ask(n, 'CONFIG', 'GET', 'cluster-port')))
  for (const [n, { port }] of nodes.entries()) {
    if (n > 0) await ask(0, 'CLUSTER', 'MEET', HOST, String(port), String((buses[n] as string[])[1]))
  }
  const ids = await Promise.all(nodes.map((_, n) => ask(n, 'CLUSTER', 'MYID')))
  await untilAll(nodes, async (n) => String(await ask(n, 'CLUSTER', 'NODES')).split('\n').length > nodes.length)
  for (let n = MASTERS; n < nodes.length; n++) {
    const replicate = async () => ask(n, 'CLUSTER', 'REPLICATE', String(ids[n - MASTERS]))
    await untilAll([n], async () => (await replicate().catch(() => '')) === 'OK')
  }
  await untilAll(nodes, async (n) => isReady(String(await ask(n, 'CLUSTER', 'INFO')), String(await ask(n, 'INFO', 'replication'))))
}

function isReady(cluster: string, replication: string): boolean {
  const linked = /role:master/.test(replication) ? /state=online/ : /master_link_status:up/
  return /cluster_state:ok/.test(cluster) && /cluster_size:3/.test(cluster) && linked.test(replication)
}

async function untilAll(nodes: readonly unknown[], holds: (node: number) => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000
  for (const n of nodes.length === 1 ? [Number(nodes[0])] : nodes.keys()) {
    while (!(await holds(n))) {
      if (Date.now() > end) throw new Error('the nodes did not become a cluster')
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
}
