// One server in a process of its own. Usage: fork(server.mjs, [name of the app]). The parent asks over IPC.
import { createServer } from 'node:http'
import { fire, openConnections } from './client.mjs'
import { streamPair } from './stream-pair.mjs'

const { createApp } = await import(`./apps/${process.argv[2]}.mjs`)
// Connections rest while the other applications have their turns.
const server = createServer({ keepAliveTimeout: 600_000 }, await createApp())
let injected = null

const commands = {
  listen: () => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port))),
  /** CPU time of this process so far, all threads, in microseconds. */
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  /** Client and server in this process, without sockets: less noise, for profiling. */
  inject: async ({ scenario, requests, connections }) => {
    if (injected === null) {
      injected = await openConnections(connectInProcess, connections)
      for (const connection of injected) await connection.seed()
    }
    const before = commands.cpu()
    await fire(injected, scenario, requests, false)
    return commands.cpu() - before
  },
}

process.on('message', async ({ command, argument }) => {
  try {
    process.send({ result: await commands[command](argument) })
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) })
  }
})

// An orderly exit, so that --cpu-prof writes its file.
process.on('disconnect', () => process.exit())

function connectInProcess() {
  const [ours, theirs] = streamPair()
  server.emit('connection', theirs)
  return ours
}
