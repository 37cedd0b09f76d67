// Express and nothing else: what the others cost more than this is their tax.
import express from 'express'

export function createApp() {
  const app = express()
  let counter = 0
  app.get('/none', (_req, res) => res.send('ok'))
  app.post('/seed', (_req, res) => res.send('ok'))
  app.get('/read', (_req, res) => res.send('Ann'))
  app.get('/write', (_req, res) => {
    counter += 1
    res.send(String(counter))
  })
  return app
}
