import { Router } from 'express'
import { describeSessionCookie } from '../session-cookie.js'
import { homePage } from '../views/home.js'

export function homeRoutes(clocks) {
  const router = Router()

  router.get('/', (req, res) => {
    const notice = req.session.take('notice')
    res.send(
      homePage({
        notice,
        user: req.session.get('userId'),
        counter: req.session.get('counter') ?? 0,
        session: describeSession(req.session, clocks),
        cookie: describeSessionCookie(req.headers.cookie),
      }),
    )
  })

  router.post('/count', async (req, res) => {
    await req.session.increment('counter')
    res.redirect(303, '/')
  })

  return router
}

/** What the page shows of a session; null for a visitor who has none. */
function describeSession(session, { maxLifetime }) {
  const { handle, isNew, createdAt, startedAt, authenticatedAt, expiresAt } = session.info
  if (isNew) return null
  const endsAt = new Date(startedAt.getTime() + maxLifetime * 1000)
  return { id: session.id, handle, createdAt, startedAt, authenticatedAt, expiresAt, endsAt, data: session.toJSON() }
}
