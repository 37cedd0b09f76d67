import { Router } from 'express'

/** Answers as long as this process can do its work; before the sessions, so that whoever asks every second costs them nothing. */
export function healthRoute({ sessions, database }) {
  const router = Router()
  router.get('/healthz', async (_req, res) => {
    await Promise.all([database.ping(), sessions.ready()])
    res.set('Cache-Control', 'no-store').type('text').send('ok')
  })
  return router
}

/** To the conversation that was open last, or to the login. */
export function homeRoute() {
  const router = Router()
  router.get('/', ({ session }, res) => {
    const room = session.get('room') ?? 'everybody'
    const chat = room === 'everybody' ? '/chat' : `/chat?with=${room}`
    res.redirect(303, session.get('userId') === undefined ? '/login' : chat)
  })
  return router
}
