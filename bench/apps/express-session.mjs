import express from 'express'
import session from 'express-session'
import { SECRET, SEED } from '../seed.mjs'

export function createApp(options = {}) {
  const app = express()
  // As its documentation recommends: what did not change is not saved, and a stranger gets no session.
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, ...options }))
  app.get('/none', (_req, res) => res.send('ok'))
  app.post('/seed', (req, res) => {
    Object.assign(req.session, SEED)
    res.send('ok')
  })
  app.get('/read', (req, res) => res.send(req.session.name))
  app.get('/write', (req, res) => {
    const counter = req.session.counter + 1
    req.session.counter = counter
    res.send(String(counter))
  })
  return app
}
