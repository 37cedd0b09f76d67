// An application that ends as the README says: run by graceful-shutdown.test.ts, as a process of its own.
import express from 'express'
import session from 'steady-session'

const { SESSION_SECRET: secret, SESSION_STORE: store } = process.env

const app = express()
const sessions = session({ secret, store, storeTimeout: '5s' })
app.use(sessions)
app.get('/', (req, res) => {
  req.session.set('saved', true)
  res.send('saved')
})

await sessions.ready()
const server = app.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`))

process.once('SIGTERM', async () => {
  server.close()
  console.log('closing')
  await sessions.close()
  console.log('closed')
})
