// An application whose users may have three sessions, and which says what ends: for the tests with several processes.
import express from 'express'
import session from '../../dist/esm/lib/index.js'

const sessions = session({ secret: process.env.SESSION_SECRET, store: process.env.SESSION_STORE, limits: { perUser: 3 } })
sessions.on('ended', ({ handle, reason, elsewhere = false }) => console.log('ended', handle, reason, elsewhere))
sessions.on('endedAll', ({ elsewhere }) => console.log('endedAll', elsewhere))

const app = express()
app.use(sessions)
app.get('/in', async (req, res) => {
  await req.session.signIn('ann')
  await req.session.save()
  res.send(req.session.info.handle)
})
app.get('/user', (req, res) => res.send(req.session.get('userId') ?? 'nobody'))

await sessions.ready()
const server = app.listen(0, '127.0.0.1', () => console.log('port', server.address().port))
process.once('SIGTERM', () => server.close(() => sessions.close()))
