// Starts the application: `npm start`, or `node server.js`. PORT overrides 3000.
import { createApp } from './app.js'

const port = Number(process.env.PORT ?? 3000)
const { app, sessions } = createApp()

const server = app.listen(port, (error) => {
  if (error) {
    console.error(error.code === 'EADDRINUSE' ? `Port ${port} is taken; try PORT=3001 npm start` : error)
    process.exit(1)
  }
  console.log(`Listening on http://localhost:${server.address().port}`)
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => sessions.close())
    server.closeIdleConnections()
  })
}
