import { Router } from 'express'

const LONGEST_NAME = 40

export function accountRoutes() {
  const router = Router()

  router.post('/sign-in', async (req, res) => {
    const name = String(req.body?.name ?? '').trim()
    if (name === '' || name.length > LONGEST_NAME) {
      req.session.set('notice', `Please enter a name of 1 to ${LONGEST_NAME} characters.`)
    } else {
      // A new token and, but for the counter, a new session: what came before was a stranger's.
      await req.session.signIn(name, { keep: ['counter'] })
      req.session.set('notice', `Welcome, ${name}. You have a new session id.`)
    }
    res.redirect(303, '/')
  })

  router.post('/sign-out', async (req, res) => {
    await req.session.signOut()
    req.session.set('notice', 'You signed out. The session has ended on the server too.')
    res.redirect(303, '/')
  })

  return router
}
