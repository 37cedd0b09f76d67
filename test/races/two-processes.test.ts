// Limits and ends where they matter: two processes of their own on one real Redis.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Sessions, session } from '../../lib/index.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { Browser } from '../support/browser.js'
import { buildPackage } from '../support/build.js'
import { SECRET } from '../support/site.js'

interface Process {
  readonly child: ChildProcess
  readonly port: number
  /** The first line that is so, said already or to come. */
  said(line: string): Promise<string>
}

let redis: RedisServer
let processes: Process[]
/** A third process is this one. */
let sessions: Sessions

beforeAll(buildPackage)

beforeEach(async () => {
  redis = await startRedis()
  processes = [await start(), await start()]
  sessions = session({ secret: SECRET, store: redis.url })
})

afterEach(async () => {
  await sessions.close()
  for (const { child } of processes) child.kill('SIGKILL')
  await redis.stop()
})

async function start(): Promise<Process> {
  const env = { ...process.env, SESSION_SECRET: SECRET, SESSION_STORE: redis.url }
  const child = spawn(process.execPath, ['test/servers/limits-app.mjs'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const output: Interface = createInterface({ input: child.stdout })
  output.on('line', (line) => lines.push(line))
  const said = async (wanted: string): Promise<string> => {
    for (;;) {
      const line = lines.find((each) => each.startsWith(wanted))
      if (line !== undefined) return line
      await once(output, 'line')
    }
  }
  return { child, port: Number((await said('port')).split(' ')[1]), said }
}

function browserAt(n: number): Browser {
  return new Browser(processes[n % 2]?.port ?? 0)
}

test('ten sign-ins at the same time at two processes, with a limit of three, end with three', async () => {
  for (let round = 0; round < 5; round++) {
    const browsers = Array.from({ length: 10 }, (_, n) => browserAt(n))
    await Promise.all(browsers.map((browser) => browser.get('/in')))
    const users = await Promise.all(browsers.map(async (browser) => (await browser.get('/user')).body))
    expect(users.filter((user) => user === 'ann')).toHaveLength(3)
    expect(await sessions.list({ user: 'ann' })).toHaveLength(3)
  }
})

test('a session that one process ends is told by all of them, within a second', async () => {
  const handle = (await browserAt(0).get('/in')).body
  const began = performance.now()
  expect(await sessions.end(handle)).toBe(true)
  expect(await Promise.all(processes.map(({ said }) => said(`ended ${handle}`)))).toEqual(Array(2).fill(`ended ${handle} manager true`))
  expect(performance.now() - began).toBeLessThan(1000)
})

test('a session that a limit ends is told where it was made, too', async () => {
  const first = (await browserAt(0).get('/in')).body
  for (let n = 0; n < 3; n++) await browserAt(1).get('/in')
  expect(await processes[0]?.said(`ended ${first}`)).toBe(`ended ${first} limit true`)
  expect(await processes[1]?.said(`ended ${first}`)).toBe(`ended ${first} limit false`)
})

test('when every session is ended, each process is told once, and no cookie is worth anything (T-14)', async () => {
  const browsers = [browserAt(0), browserAt(1)]
  for (const browser of browsers) await browser.get('/in')
  await sessions.endEverything()
  expect(await Promise.all(processes.map(({ said }) => said('endedAll')))).toEqual(['endedAll true', 'endedAll true'])
  for (const browser of browsers) expect((await browser.get('/user')).body).toBe('nobody')
})
