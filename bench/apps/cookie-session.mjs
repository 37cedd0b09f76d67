// It signs and does not encrypt.
import cookieSession from 'cookie-session'
import express from 'express'
import { addPropertyRoutes } from '../property-routes.mjs'
import { SECRET } from '../seed.mjs'

export function createApp() {
  const app = express()
  app.use(cookieSession({ name: 'session', keys: [SECRET], maxAge: 24 * 60 * 60 * 1000 }))
  addPropertyRoutes(app)
  return app
}
