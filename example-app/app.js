import { fileURLToPath } from 'node:url'
import express from 'express'
import session from 'steady-session'
import { accountRoutes } from './routes/account.js'
import { handleError, notFound } from './routes/errors.js'
import { homeRoutes } from './routes/home.js'
import { securityHeaders } from './security-headers.js'

const HOUR = 60 * 60

/** How long a session lasts, in seconds: without a request, and at most. */
const clocks = { expiry: 2 * HOUR, maxLifetime: 12 * HOUR }

export function createApp() {
  const app = express()
  const sessions = session({ secret: process.env.SESSION_SECRET, store: process.env.SESSION_STORE, ...clocks })

  app.disable('x-powered-by')
  app.use(securityHeaders)
  // Before the sessions: a style sheet needs none.
  app.use(express.static(fileURLToPath(new URL('./public', import.meta.url))))
  app.use(express.urlencoded({ extended: false, limit: '4kb' }))
  app.use(sessions)
  app.use(accountRoutes())
  app.use(homeRoutes(clocks))
  app.use(notFound)
  app.use(handleError)
  return { app, sessions }
}
