// What the manager and the limits cost with many sessions in Redis.
//
// Usage: node bench/manager.mjs [--sessions=200000] [--rounds=40]
//   list and end of a user's five sessions, with few and with many sessions in the store: goal within 1.2
//   commands of a sign-in with a limit and without: goal at most three more
//   a scan of the whole store: goal that Redis is held for no longer than 2 ms at a time, by its own slow log. On a machine with few cores
//   give Redis one of its own (`taskset`), or the log shows when it had to wait for one
import { parseArgs } from 'node:util'
import { createClient } from 'redis'
import session, { redisStore } from 'steady-session'
import { cookieFor } from 'steady-session/testing'
import { startRedis } from './backends.mjs'
import { countCommands } from './redis-commands.mjs'
import { SECRET } from './seed.mjs'
import { median } from './statistics.mjs'

const FEW = 200
const SLOW_US = 2000
const SCANS = 3
const TERMS = { id: 'id', idleMs: 86_400_000, lifetimeMs: 86_400_000, persistent: true }
const VALUES = { name: '"Ann"', cart: '{"items":[{"id":17,"count":2}]}' }

const { values: flags } = parseArgs({
  options: { sessions: { type: 'string', default: '200000' }, rounds: { type: 'string', default: '40' } },
})
const [many, rounds] = [Number(flags.sessions), Number(flags.rounds)]

const [quiet, redis] = [await startRedis(), await startRedis()]
const small = await open(quiet)
const { client, store, sessions } = await open(redis)
const limited = session({ secret: SECRET, store, limits: { perUser: 5 } })

await fill(small.store, FEW)
await fill(store, many)
const [few, lots] = await costsOfFive(small, { sessions })
const ratio = lots / few
console.log(`list and end five sessions of a user: ${few.toFixed(2)} ms of ${FEW}, ${lots.toFixed(2)} ms of ${many}`)
console.log(`  ratio ${ratio.toFixed(2)}; goal: at most 1.2: ${ratio <= 1.2 ? 'reached' : 'missed'}\n`)

const [without, withLimit, victim] = [await commandsOf(sessions, 1), await commandsOf(limited, 1), await commandsOf(limited, 6)]
console.log(`commands of a sign-in: ${without} without a limit, ${withLimit} with one, ${victim} where a session must go\n`)

await scan()

await Promise.all([small.client.close(), client.close()])
await Promise.all([quiet.stop(), redis.stop()])

async function open({ url }) {
  const client = await createClient({ url }).connect()
  const store = redisStore({ client })
  return { client, store, sessions: session({ secret: SECRET, store }) }
}

/** Sessions of other users, five each. */
async function fill(store, count) {
  for (let made = 0; made < count; made += 1000) {
    const batch = Array.from({ length: Math.min(1000, count - made) }, (_, n) => `user-${Math.floor((made + n) / 5)}`)
    await Promise.all(
      batch.map((userId) => store.create({ values: { ...VALUES, userId: `"${userId}"` }, terms: { ...TERMS, indexes: { userId } } })),
    )
  }
}

/** Milliseconds on each site, in turn, so that whatever else goes on hits both alike; the first rounds, in which code is compiled, are not counted. */
async function costsOfFive(...sites) {
  const costs = sites.map(() => [])
  for (let round = -rounds; round < rounds; round++) {
    for (const [n, { sessions }] of sites.entries()) {
      const cost = await costOfFive(sessions)
      if (round >= 0) costs[n].push(cost)
    }
  }
  return costs.map(median)
}

async function costOfFive(sessions) {
  for (let n = 0; n < 5; n++) await cookieFor(sessions, { userId: 'measured' })
  const began = performance.now()
  const listed = await sessions.list({ user: 'measured' })
  for (const { handle } of listed) await sessions.end(handle)
  if (listed.length !== 5) throw new Error(`${listed.length} sessions listed`)
  return performance.now() - began
}

/** Commands of the last of so many sign-ins of one user, who signs in anew each time. */
async function commandsOf(middleware, signIns) {
  const userId = `limited-${Math.random()}`
  for (let n = 1; n < signIns; n++) await cookieFor(middleware, { userId })
  return countCommands(redis.url, () => cookieFor(middleware, { userId }))
}

/** A command that waited for the processor counts as long, so the same number of ordinary loads is measured beside: what they show is the machine's. */
async function scan() {
  await client.configSet({ 'slowlog-log-slower-than': String(SLOW_US), 'slowlog-max-len': '1000' })
  let counted = 0
  for (let round = 1; round <= SCANS; round++) {
    const scanned = await slowCommands(async () => {
      counted = await sessions.count({})
    })
    const loaded = await slowCommands(() => loads(counted))
    console.log(`a scan of ${counted} sessions: ${describeSlow(scanned)}; as many loads: ${describeSlow(loaded)}`)
  }
  console.log('  goal: none over 2 ms, but for what the loads have, too')
}

async function slowCommands(work) {
  await client.sendCommand(['SLOWLOG', 'RESET'])
  const began = performance.now()
  await work()
  const seconds = (performance.now() - began) / 1000
  const slow = (await client.sendCommand(['SLOWLOG', 'GET', '1000'])).map(([, , microseconds]) => Number(microseconds))
  return { seconds, slow }
}

function describeSlow({ seconds, slow }) {
  const longest = slow.length === 0 ? '' : `, the longest ${(Math.max(...slow) / 1000).toFixed(1)} ms`
  return `${seconds.toFixed(1)} s, commands over ${SLOW_US / 1000} ms: ${slow.length}${longest}`
}

async function loads(count) {
  const { token } = await store.create({ values: VALUES, terms: { ...TERMS, indexes: {} } })
  for (let sent = 0; sent < count; sent += 32) await Promise.all(Array.from({ length: 32 }, () => store.load(token, { slide: true })))
}
