// CPU time per request over bare Express ("tax"): this package against express-session, both on their memory stores.
//
// Each application runs in a process of its own, the client in this one. Rounds alternate over all applications, so that whatever else
// the machine does hits all alike; each tax is the median of the differences to bare Express within the same round. A second bare
// server is measured like the others: its tax, which should be nothing, is the noise of the run.
//
// Usage: node bench/run.mjs [--rounds=60] [--requests=1000] [--connections=16] [--only=read] [--inject]
//   --inject  client in the server's process, no sockets: for profiling only, with `node --cpu-prof bench/run.mjs --inject --only=read`
import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { fire, openConnections } from './client.mjs'
import { median, uncertainty } from './statistics.mjs'

const WARM_UP_ROUNDS = 10

const SCENARIOS = [
  { name: 'no cookie', path: '/none', withCookie: false, goal: 'within 5 µs of bare', reached: ({ tax }) => tax <= 5 },
  { name: 'read', path: '/read', withCookie: true, goal: 'at most 1/6', reached: ({ ratio }) => ratio <= 1 / 6 },
  { name: 'write', path: '/write', withCookie: true, goal: 'at most 1/4', reached: ({ ratio }) => ratio <= 1 / 4 },
]

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '60' },
    requests: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '16' },
    only: { type: 'string' },
    inject: { type: 'boolean', default: false },
  },
})
const [rounds, requests, connectionCount] = [flags.rounds, flags.requests, flags.connections].map(Number)
const scenarios = SCENARIOS.filter(({ name }) => flags.only === undefined || name === flags.only)

const apps = []
for (const app of ['bare', 'steady-session', 'express-session', 'bare']) apps.push(await start(app))
printHeading()
const samples = await measure()
for (const app of apps) app.stop()
for (const scenario of scenarios) printScenario(scenario, samples.get(scenario))

/** A running server, and how to measure so many requests to it: resolves to CPU microseconds per request. */
async function start(name) {
  const child = fork(new URL('./server.mjs', import.meta.url), [name], {
    // Not 'production', where both session packages only add warnings and refuse to send a Secure cookie over plain HTTP.
    env: { ...process.env, NODE_ENV: 'development' },
  })
  child.on('exit', (code) => code && process.exit(code))
  const ask = (command, argument) =>
    new Promise((resolve, reject) => {
      child.once('message', ({ result, error }) => (error ? reject(new Error(`${name}: ${error}`)) : resolve(result)))
      child.send({ command, argument })
    })
  if (flags.inject) {
    const run = async (scenario) => (await ask('inject', { scenario, requests, connections: connectionCount })) / requests
    return { name, run, stop: () => child.disconnect() }
  }

  const port = await ask('listen')
  const connections = await openConnections(() => opened(port), connectionCount)
  for (const connection of connections) {
    if ((await connection.seed()) === '' && name !== 'bare') throw new Error(`${name}: no cookie came back`)
  }
  const run = async (scenario) => {
    const before = await ask('cpu')
    await fire(connections, scenario, requests)
    return ((await ask('cpu')) - before) / requests
  }
  const stop = () => {
    for (const connection of connections) connection.close()
    child.disconnect()
  }
  return { name, run, stop }
}

function opened(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Scenario → for each application its CPU time per request, round by round. The order of the applications rotates. */
async function measure() {
  const found = new Map(scenarios.map((scenario) => [scenario, apps.map(() => [])]))
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const scenario of scenarios) {
      for (let turn = 0; turn < apps.length; turn++) {
        const i = (turn + round + WARM_UP_ROUNDS) % apps.length
        const cost = await apps[i].run(scenario)
        if (round >= 0) found.get(scenario)[i].push(cost)
      }
    }
  }
  return found
}

function printHeading() {
  const require = createRequire(import.meta.url)
  const version = (name) => `${name} ${require(`${name}/package.json`).version}`
  console.log(`${['express', 'steady-session', 'express-session'].map(version).join(', ')}; Node ${process.version}, ${cpus()[0].model}`)
  console.log(
    `${rounds} rounds of ${requests} requests each, ${connectionCount} connections${flags.inject ? ', in process (not for publication)' : ''}`,
  )
  console.log('CPU time of the server per request, in microseconds; tax = over bare Express\n')
}

function printScenario({ name, goal, reached }, [bare, ours, theirs, control]) {
  const tax = (costs) => costs.map((cost, round) => cost - bare[round])
  const [ourTax, theirTax, noise] = [tax(ours), tax(theirs), tax(control)]
  const result = { tax: median(ourTax), ratio: median(ourTax) / median(theirTax) }
  console.log(`${name}`)
  printRow('bare Express', bare)
  printRow('steady-session', ours, ourTax)
  printRow('express-session', theirs, theirTax)
  printRow('bare again (noise)', control, noise)
  const ratio = `ratio of the taxes ${result.ratio.toFixed(3)} (1/${(1 / result.ratio).toFixed(1)})`
  console.log(`  ${ratio}; goal: ${goal}: ${reached(result) ? 'reached' : 'missed'}\n`)
}

function printRow(label, costs, tax) {
  const over = tax === undefined ? '' : `   tax ${median(tax).toFixed(1).padStart(6)} ± ${uncertainty(tax).toFixed(1)}`
  console.log(`  ${label.padEnd(20)} ${median(costs).toFixed(1).padStart(6)}${over}`)
}
