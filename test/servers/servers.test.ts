// The helpers themselves: what a test asks of a server happens, and nothing is left running.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, test } from '@jest/globals'
import { startMariadb } from './mariadb.js'
import { startMemcached } from './memcached.js'
import { startRedis } from './redis-server.js'
import { GUARD, HOST, startServer } from './server-process.js'

const STARTERS = { 'redis-server': () => startRedis(), memcached: () => startMemcached(), mariadbd: () => startMariadb() }

for (const [program, start] of Object.entries(STARTERS)) {
  test(`${program} is killed, restarted on its port, and stopped with its folder`, async () => {
    const server = await start()
    expect(await answers(server.port)).toBe(true)
    await server.kill()
    expect(await answers(server.port)).toBe(false)
    await server.restart()
    expect(await answers(server.port)).toBe(true)
    await server.pause()
    await server.stop()
    await server.stop()
    expect([await answers(server.port), existsSync(server.folder)]).toEqual([false, false])
  })
}

test('servers that start at the same time have ports of their own', async () => {
  const servers = await Promise.all([1, 2, 3].map(() => startMemcached()))
  expect(new Set(servers.map(({ port }) => port)).size).toBe(3)
  await Promise.all(servers.map((server) => server.stop()))
})

test('a server dies with the process that started it, also if that is killed', async () => {
  const script = `
    const { stdout } = require('node:child_process').spawn('sh', ['-c', process.argv[1], 'sh', 'sleep', '60'], { stdio: ['pipe', 'pipe', 'inherit'] })
    stdout.pipe(process.stdout)`
  const parent = spawn(process.execPath, ['-e', script, GUARD], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(parent.stdout, 'data')
  const pid = Number(/^pid (\d+)/.exec(String(line))?.[1])
  expect(isRunning(pid)).toBe(true)
  parent.kill('SIGKILL')
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 10))
})

test('a program that is not there is told with the command that installs it', async () => {
  const missing = startServer({ program: 'no-such-server', args: () => [], ready: { ask: '', answer: 'never' } })
  await expect(missing).rejects.toThrow('no-such-server is not installed: run "node scripts/install-servers.mjs"')
})

test('a server that refuses to start is told in its own words', async () => {
  await expect(startRedis({ config: { maxmemory: 'nonsense' } })).rejects.toThrow(/redis-server ended at its start:[\s\S]*maxmemory/)
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
