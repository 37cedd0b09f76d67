// It signs and does not encrypt.
import cookieSession from 'cookie-session'
import express from 'express'
import { SECRET, SEED } from '../seed.mjs'

export function createApp() {
  const app = express()
  app.use(cookieSession({ name: 'session', keys: [SECRET], maxAge: 24 * 60 * 60 * 1000 }))
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
