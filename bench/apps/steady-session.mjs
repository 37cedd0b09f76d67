import express from 'express'
import session from 'steady-session'
import { SECRET, SEED } from '../seed.mjs'

export function createApp(options = {}) {
  const app = express()
  app.use(session({ secret: SECRET, ...options }))
  app.get('/none', (_req, res) => res.send('ok'))
  app.post('/seed', (req, res) => {
    req.session.set(SEED)
    res.send('ok')
  })
  app.get('/read', (req, res) => res.send(req.session.get('name')))
  app.get('/write', (req, res) => {
    const counter = req.session.get('counter') + 1
    req.session.set('counter', counter)
    res.send(String(counter))
  })
  return app
}
