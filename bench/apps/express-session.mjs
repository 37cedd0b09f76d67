import express from 'express'
import session from 'express-session'
import { addPropertyRoutes } from '../property-routes.mjs'
import { SECRET } from '../seed.mjs'

export function createApp(options = {}) {
  const app = express()
  // As its documentation recommends: what did not change is not saved, and a stranger gets no session.
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, ...options }))
  app.get('/none', (_req, res) => res.send('ok'))
  addPropertyRoutes(app)
  return app
}
