import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { median, spread } from './statistics.mjs'

const PACKAGES = ['express', 'express-session', 'connect-redis', 'redis', 'iron-session', 'cookie-session', 'connect-memcached', 'memjs']

export function printHeading({ starts, rounds, requests, connections, inject, awake }) {
  const rivals = PACKAGES.map((name) => `${name} ${versionIn(`../node_modules/${name}`)}`)
  console.log([`steady-session ${versionIn('..')}`, ...rivals].join(', '))
  console.log(`Node ${process.version}, ${cpus()[0].model}`)
  const how = inject ? ', in process (not for publication)' : awake ? '' : ', each waited for asleep: no core is left for the client'
  console.log(`${starts} starts with ${rounds} rounds of ${requests} requests, ${connections} connections${how}`)
  console.log('CPU time of the server per request, in microseconds; tax = over bare Express; ± half the range over the starts')
}

/** `starts`: so many stretches of the rounds; `costs`: for each application its CPU time per request, round by round; `commands`: for some, how many each request sent to Redis. */
export function printScenario({ name }, comparisons, { starts, costs, commands }) {
  const tax = (app) => costs.get(app).map((cost, round) => cost - costs.get('bare')[round])
  const row = (label, app) => {
    const over = app === 'bare' ? '' : `   tax ${micros(median(tax(app)))} ± ${spread(tax(app), starts).toFixed(1)}`
    const sent = commands.has(app) ? `   commands per request ${commands.get(app).toFixed(2)}` : ''
    console.log(`  ${label.padEnd(20)} ${micros(median(costs.get(app)))}${over}${sent}`)
  }
  console.log(`\n${name}`)
  row('bare Express', 'bare')
  row('bare again (noise)', 'bare again')
  for (const { group, ours, rivals, goals } of comparisons) {
    console.log(`  ${group}:`)
    for (const app of [ours, ...rivals]) row(app, app)
    for (const goal of goals) {
      const { value, text } = result(goal, ours, (app) => median(tax(app)), commands)
      console.log(`    ${text}; goal: ${goal.text}: ${value <= goal.most ? 'reached' : 'missed'}`)
    }
  }
}

function result({ kind, rival }, ours, taxOf, commands) {
  if (kind === 'tax') return { value: taxOf(ours), text: `tax ${taxOf(ours).toFixed(1)}` }
  if (kind === 'commands') return { value: commands.get(ours), text: `commands per request ${commands.get(ours).toFixed(2)}` }
  const value = taxOf(ours) / taxOf(rival)
  return { value, text: `${value.toFixed(3)} (1/${(1 / value).toFixed(1)}) of the tax of ${rival}` }
}

function micros(time) {
  return time.toFixed(1).padStart(6)
}

function versionIn(folder) {
  return JSON.parse(readFileSync(new URL(`${folder}/package.json`, import.meta.url), 'utf8')).version
}
