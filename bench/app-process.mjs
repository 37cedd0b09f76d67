// An application in a process of its own (server.mjs), and the connections to it.
import { fork } from 'node:child_process'
import { connect } from 'node:net'
import { fire, openConnections } from './client.mjs'

/** Resolves to a running server; its `run(scenario, requests)` sends so many and resolves to their CPU time in microseconds each. */
export async function startApp(name, { env, connections: count, inject, awake }) {
  // Not 'production', where both session packages only add warnings and refuse to send a Secure cookie over plain HTTP.
  const child = fork(new URL('./server.mjs', import.meta.url), [name], { env: { ...process.env, ...env, NODE_ENV: 'development' } })
  child.on('exit', (code) => code && process.exit(code))
  const ask = (command, argument) =>
    new Promise((resolve, reject) => {
      child.once('message', ({ result, error }) => (error ? reject(new Error(`${name}: ${error}`)) : resolve(result)))
      child.send({ command, argument })
    })
  if (inject) {
    const run = async (scenario, requests) => (await ask('inject', { scenario, requests, connections: count })) / requests
    return { run, stop: () => child.disconnect() }
  }

  const port = await ask('listen')
  const connections = await openConnections(() => opened(port), count)
  for (const connection of connections) {
    if ((await connection.seed()) === '' && name !== 'bare') throw new Error(`${name}: no cookie came back`)
  }
  const run = async (scenario, requests) => {
    const before = await ask('cpu')
    await fire(connections, scenario, requests, awake)
    return ((await ask('cpu')) - before) / requests
  }
  const stop = () => {
    for (const connection of connections) connection.close()
    child.disconnect()
  }
  return { run, stop }
}

function opened(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}
