// CPU time per request over bare Express ("tax"): this package against others, store by store. What is compared: comparisons.mjs.
//
// Each application runs in a process of its own, the client in this one, Redis and memcached beside them: what they use is not counted.
// Rounds alternate over all applications, so that whatever else the machine does hits all alike; each tax is the median of the differences
// to bare Express within the same round. All start anew several times, since two processes with the same code differ by as much as two
// microseconds a request. A second bare server is measured like the others: its tax, which should be nothing, is the noise of the run.
//
// Usage: node bench/run.mjs [--group=redis] [--only=read] [--starts=4] [--rounds=20] [--requests=1000] [--connections=16] [--inject]
//   --group   memory, redis, cookie, memcached, or several of them with commas between; default: all
//   --rounds  of each start
//   --only    one scenario: 'no cookie', read or write
//   --inject  client in the server's process, no sockets: for profiling only, with
//             `node --cpu-prof bench/run.mjs --inject --group=memory --only=read`
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { startApp } from './app-process.mjs'
import { startMemcached, startRedis } from './backends.mjs'
import { COMPARISONS, GROUPS, SCENARIOS } from './comparisons.mjs'
import { countCommands } from './redis-commands.mjs'
import { printHeading, printScenario } from './report.mjs'

const WARM_UP_ROUNDS = 10
const COUNTED_REQUESTS = 200

const { values: flags } = parseArgs({
  options: {
    group: { type: 'string', default: GROUPS.join() },
    only: { type: 'string' },
    starts: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '20' },
    requests: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '16' },
    inject: { type: 'boolean', default: false },
  },
})
const settings = {
  inject: flags.inject,
  starts: +flags.starts,
  rounds: +flags.rounds,
  requests: +flags.requests,
  connections: +flags.connections,
}
const groups = flags.group.split(',')
const unknown = groups.find((group) => !GROUPS.includes(group))
if (unknown !== undefined) throw new Error(`--group=${unknown}: known are ${GROUPS.join(', ')}`)

const comparisons = COMPARISONS.filter(({ group, scenario }) => groups.includes(group) && scenario === (flags.only ?? scenario))
const comparisonsOf = ({ name }) => comparisons.filter(({ scenario }) => scenario === name)
const appsOf = (scenario) => ['bare', ...appsIn(comparisonsOf(scenario)), 'bare again']
const scenarios = SCENARIOS.filter((scenario) => comparisonsOf(scenario).length > 0)

const redis = groups.includes('redis') ? await startRedis() : null
const memcached = groups.includes('memcached') ? await startMemcached() : null
/** A core each for the server, the client and what is beside them; else a client that stays awake would take it from these. */
const awake = cpus().length >= [redis, memcached].filter((backend) => backend !== null).length + 2
printHeading({ ...settings, awake })
const costs = new Map(scenarios.map((scenario) => [scenario, new Map(appsOf(scenario).map((name) => [name, []]))]))
for (let start = 0; start < settings.starts; start++) await withApps(['bare', ...appsIn(comparisons), 'bare again'], measure)
for (const scenario of scenarios) {
  printScenario(scenario, comparisonsOf(scenario), {
    starts: settings.starts,
    costs: costs.get(scenario),
    commands: await commandsIn(scenario),
  })
}
await Promise.all([redis?.stop(), memcached?.stop()])

function appsIn(some) {
  return [...new Set(some.flatMap(({ ours, rivals }) => [ours, ...rivals]))]
}

async function withApps(names, use) {
  const env = { ...(redis && { REDIS_URL: redis.url }), ...(memcached && { MEMCACHED_ADDRESS: memcached.address }) }
  const apps = new Map()
  for (const name of names) apps.set(name, await startApp(name === 'bare again' ? 'bare' : name, { ...settings, awake, env }))
  await use(apps)
  for (const app of apps.values()) app.stop()
}

/** Adds to `costs`: scenario → application → its CPU time per request, round by round. The order of the applications rotates. */
async function measure(apps) {
  for (let round = -WARM_UP_ROUNDS; round < settings.rounds; round++) {
    for (const scenario of scenarios) {
      const names = appsOf(scenario)
      for (let turn = 0; turn < names.length; turn++) {
        const name = names[(turn + round + WARM_UP_ROUNDS) % names.length]
        const cost = await apps.get(name).run(scenario, settings.requests)
        if (round >= 0) costs.get(scenario).get(name).push(cost)
      }
    }
  }
}

/** Application → how many commands each request of it sends to Redis. */
async function commandsIn(scenario) {
  const counted = new Map()
  await withApps(appsIn(comparisonsOf(scenario).filter(({ group }) => group === 'redis')), async (apps) => {
    for (const [name, app] of apps) {
      const count = await countCommands(redis.url, () => app.run(scenario, COUNTED_REQUESTS))
      counted.set(name, count / COUNTED_REQUESTS)
    }
  })
  return counted
}
