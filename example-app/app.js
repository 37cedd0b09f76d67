// The chat, put together. A request goes through it from top to bottom.
import { fileURLToPath } from 'node:url'
import cookieParser from 'cookie-parser'
import express from 'express'
import session, { sessionStatus } from 'steady-session'
import { requireLogin } from 'steady-session/auth'
import { sessionPages } from 'steady-session/pages'
import { createDelivery } from './chat/delivery.js'
import { attachSockets } from './chat/sockets.js'
import { openDatabase } from './database/index.js'
import { accountRoutes } from './routes/account.js'
import { chatRoutes } from './routes/chat.js'
import { errorHandler, notFound } from './routes/errors.js'
import { healthRoute, homeRoute } from './routes/home.js'
import { passwordRoutes } from './routes/password.js'
import { administrators } from './security/administrators.js'
import { readBody } from './security/bodies.js'
import { csrfProtection } from './security/csrf.js'
import { securityHeaders } from './security/headers.js'
import { openLimits } from './security/login-limits.js'
import { passwordHashes } from './security/passwords.js'

export async function createApp(config) {
  const sessions = openSessions(config)
  // What cannot be reached at the start is told by the start, not by the first visitor.
  await sessions.ready()
  const database = await openDatabase(config.databaseUrl)
  const delivery = createDelivery({ database })
  const limits = await openLimits(config)
  const passwords = passwordHashes(config)
  const isAdmin = administrators({ config, database })
  const parts = { config, sessions, database, delivery, limits, passwords, isAdmin }

  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', config.trustProxy)
  app.use(securityHeaders(config))
  app.use(healthRoute(parts))
  // Before the sessions: a style sheet needs none.
  app.use(express.static(fileURLToPath(new URL('./public', import.meta.url)), { index: false, redirect: false }))
  // Also before them: asking how long a session has left must not extend it.
  app.use('/session', sessionStatus(sessions, { warnBefore: config.warnBefore }))

  app.use(sessions)
  // They read their own forms, and protect them.
  if (config.storeCan.devices) app.use('/devices', requireLogin({ redirectTo: '/login' }), devicePages(parts))

  app.use(cookieParser(), readBody(), csrfProtection(config))
  app.use(homeRoute())
  app.use(accountRoutes(parts))
  app.use(passwordRoutes(parts))
  app.use(chatRoutes(parts))
  app.use(notFound)
  app.use(errorHandler)

  let sockets
  return {
    app,
    sessions,
    database,
    delivery,
    attach: async (httpServer) => {
      sockets = await attachSockets({ httpServer, sessions, database, config, delivery })
    },
    detach: async () => sockets?.close(),
    close: async () => {
      await sessions.close()
      limits.close()
      await database.close()
    },
  }
}

function openSessions({ secret, store, storeCan, expiry, maxLifetime }) {
  return session({
    secret,
    store,
    expiry,
    maxLifetime,
    // Beyond five, the session signed in longest ago ends.
    limits: storeCan.devices ? { perUser: 5 } : undefined,
  })
}

function devicePages({ sessions, isAdmin }) {
  return sessionPages({ sessions, title: 'Steady Chat', home: '/chat', authorize: (req) => isAdmin(req.session.get('userId')) })
}
