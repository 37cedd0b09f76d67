// Starts several processes of the chat behind one port: `npm run start:cluster`, with SESSION_STORE=redis://… Connections are WebSocket only, so whichever process
// takes one keeps it, and nothing has to stick. WORKERS says how many; SIGINT or SIGTERM ends them all, requests under way finish.
import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { readConfig } from './config.js'

/** A worker that cannot even start must not be started again and again without pause. */
const PAUSE_MS = 1000

try {
  start(workersOf(process.env))
} catch (error) {
  console.error(error.message)
  process.exit(1)
}

function workersOf({ WORKERS = '2', ...env }) {
  // Each worker reads it again; here it is said once what is wrong.
  const { store } = readConfig(env)
  if (!/^rediss?:/.test(store)) {
    throw new Error(
      'SESSION_STORE: several processes share their sessions and messages over Redis; write redis://localhost:6379, or use npm start',
    )
  }
  const count = Number(WORKERS)
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count
  throw new Error('WORKERS: expected a whole number from 1 to 64')
}

function start(count) {
  let stopping = false
  cluster.setupPrimary({ exec: fileURLToPath(new URL('./server.js', import.meta.url)) })
  cluster.on('online', ({ process: { pid } }) => console.log(`Worker ${pid} started`))
  cluster.on('exit', ({ process: { pid } }, code, signal) => {
    if (stopping) return
    console.error(`Worker ${pid} ended (${signal ?? code}); another one starts`)
    setTimeout(() => stopping || cluster.fork(), PAUSE_MS)
  })
  for (let n = 0; n < count; n++) cluster.fork()

  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      stopping = true
      for (const worker of Object.values(cluster.workers)) {
        worker.process.kill('SIGTERM')
        // Its channel to us would keep it from ending by itself.
        worker.disconnect()
      }
    })
  }
}
