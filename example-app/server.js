// Starts one process of the chat: `npm start`, or `node server.js`. The environment is described in config.js.
import { createServer } from 'node:http'
import { createApp } from './app.js'
import { readConfig } from './config.js'
import { warnOfAccountsToMake } from './security/administrators.js'

/** Longer than any call to a store or to the database may take. */
const STOP_MS = 10_000

try {
  await start(readConfig(process.env))
} catch (error) {
  // What the environment got wrong is for a person to read; a stack would hide it.
  console.error(error.message)
  process.exit(1)
}

async function start(config) {
  const chat = await createApp(config)
  const server = createServer(chat.app)
  await chat.attach(server)
  await warnOfAccountsToMake(config, chat.database)
  server.once('error', (error) => {
    console.error(error.code === 'EADDRINUSE' ? `Port ${config.port} is taken; try PORT=3001 npm start` : error)
    process.exit(1)
  })
  server.listen(config.port, () => console.log(`Listening on http://localhost:${server.address().port}`))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop(server, chat))
}

/** Requests under way finish, and what they save; only then does the process let go of the stores, and end by itself. */
async function stop(server, chat) {
  // What hangs all the same must not hold up a deployment.
  setTimeout(() => process.exit(1), STOP_MS).unref()
  const closed = new Promise((resolve) => server.close(resolve))
  await chat.detach()
  server.closeIdleConnections()
  await closed
  await chat.close()
}
