// Redis and memcached for one run: on free ports, without files. They die with this process, however that ends.
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { adviceFor, missingServers } from '../scripts/install-servers.mjs'

const READY_MS = 10_000

/** The shell waits for the end of its input, which comes even if this process is killed, and then kills the server. */
const GUARD = '"$@" >/dev/null </dev/null & cat >/dev/null; kill -9 $! 2>/dev/null; wait'

export async function startRedis() {
  const { port, stop } = await start('redis-server', (free) => ['--port', free, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'])
  return { url: `redis://127.0.0.1:${port}`, stop }
}

export async function startMemcached() {
  const asRoot = process.getuid?.() === 0 ? ['-u', 'root'] : []
  const { port, stop } = await start('memcached', (free) => ['-l', '127.0.0.1', '-p', free, '-U', '0', ...asRoot])
  return { address: `127.0.0.1:${port}`, stop }
}

async function start(program, args) {
  if (missingServers().includes(program)) throw new Error(adviceFor([program]))
  const port = await freePort()
  const guard = spawn('sh', ['-c', GUARD, 'sh', program, ...args(String(port))], { stdio: ['pipe', 'ignore', 'inherit'] })
  const stop = () => {
    const gone = new Promise((resolve) => guard.once('close', resolve))
    guard.stdin.end()
    return gone
  }
  const end = Date.now() + READY_MS
  while (!(await isListening(port))) {
    if (Date.now() > end) throw new Error(`${program}: nothing listens on port ${port}`)
    await delay(20)
  }
  return { port, stop }
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => finish(true))
    socket.once('error', () => finish(false))
  })
}
