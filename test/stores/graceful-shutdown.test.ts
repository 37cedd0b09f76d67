// F-25: SIGTERM while a save is on its way. A process of its own, on real servers that are slow to hear of it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { afterEach, beforeAll, expect, test } from '@jest/globals'
import { session } from '../../lib/index.js'
import { startMemcached } from '../servers/memcached.js'
import { startProxy } from '../servers/proxy.js'
import { startRedis } from '../servers/redis-server.js'
import { HOST } from '../servers/server-process.js'
import { Browser } from '../support/browser.js'
import { buildPackage } from '../support/build.js'

const secret = 'a secret for tests, of more than 32 bytes'
const afterwards: (() => unknown)[] = []

beforeAll(buildPackage)

afterEach(async () => {
  for (const work of afterwards.splice(0).reverse()) await work()
})

/** Runs it until it ends; resolves to what it has said by then. */
function start(store: string): { readonly child: ChildProcess; said(line: RegExp): Promise<string>; readonly all: string[] } {
  const env = { ...process.env, SESSION_SECRET: secret, SESSION_STORE: store }
  const child = spawn(process.execPath, ['test/servers/shutdown-app.mjs'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  afterwards.push(() => child.kill('SIGKILL'))
  const all: string[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => all.push(line))
  const said = async (wanted: RegExp): Promise<string> => {
    for (;;) {
      const line = all.find((each) => wanted.test(each))
      if (line !== undefined) return line
      await once(lines, 'line')
    }
  }
  return { child, said, all }
}

/** What a visitor with this cookie has stored, read past the proxy. */
async function stored(store: string, cookie: string): Promise<unknown> {
  const sessions = session({ secret, store })
  afterwards.push(() => sessions.close())
  return (await sessions.of(Object.assign(new IncomingMessage(new Socket()), { url: '/', headers: { cookie } }))).toJSON()
}

test.each([
  ['redis', startRedis],
  ['memcache', startMemcached],
])('%s: what is being saved is saved and answered, then the process ends by itself, without an error', async (scheme, startServer) => {
  const server = await startServer()
  afterwards.push(() => server.stop())
  const proxy = await startProxy(server)
  afterwards.push(() => proxy.close())
  const { child, said, all } = start(`${scheme}://${HOST}:${proxy.port}`)
  const browser = new Browser(Number((await said(/^port \d+$/)).slice('port '.length)))

  proxy.holdRequests()
  const visit = browser.get('/')
  await proxy.requestHeld()
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await said(/^closing$/)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(all).not.toContain('closed')
  proxy.releaseRequests()

  const { status, body, setCookie } = await visit
  expect([status, body, setCookie.length]).toEqual([200, 'saved', 1])
  expect(await ended).toEqual([0, null])
  expect(all.slice(-2)).toEqual(['closing', 'closed'])
  expect(await stored(`${scheme}://${HOST}:${server.port}`, `sid=${browser.cookies.get('sid')}`)).toEqual({ saved: true })
})
