// Accounts: making one, signing in, signing out.
import { Router } from 'express'
import { requireLogin, returnTo } from 'steady-session/auth'
import { ChatError } from '../chat/errors.js'
import { loginPage } from '../views/login.js'
import { registerPage } from '../views/register.js'
import { credentials, newAccount, problemsIn } from './account-fields.js'
import { wantsJson } from './errors.js'
import { restoreState, saveState } from './last-state.js'

const WRONG = 'Wrong email or password.'
const TAKEN = 'There is an account with this email address already. Sign in instead.'

export function accountRoutes({ config, database, limits, passwords }) {
  const router = Router()

  router.get('/login', (req, res) => {
    if (req.session.get('userId') !== undefined) return res.redirect(303, returnTo(req))
    res.send(loginPage({ csrfToken: req.csrfToken(), notice: req.session.take('notice'), returnTo: returnTo(req, '') }))
  })

  router.post('/login', async (req, res) => {
    const { data } = credentials.safeParse(req.body)
    try {
      const user = await userWith(data ?? {}, req.ip)
      const state = await database.states.load(user.id)
      // A new token, and the old one is dead: who planted or copied it before has nothing.
      await req.session.signIn(user.id)
      await restoreState(req.session, state, { config, database })
      if (wantsJson(req)) return res.json({ id: user.id, name: user.name })
      res.redirect(303, returnTo(req))
    } catch (error) {
      if (!(error instanceof ChatError) || wantsJson(req)) throw error
      const page = loginPage({ csrfToken: req.csrfToken(), email: data?.email, problem: error.message, returnTo: returnTo(req, '') })
      res
        .status(error.status)
        .set(error.headers ?? {})
        .send(page)
    }
  })

  /** Never says which of the two was wrong, nor does the time that it takes. */
  async function userWith({ email, password }, address) {
    if (email === undefined) throw new ChatError(400, 'INVALID_INPUT', 'Enter your email address and your password.')
    const succeeded = await limits.password(email, address)
    const user = await database.users.byEmail(email)
    if (!(await passwords.matches(password, user?.passwordHash))) throw new ChatError(401, 'WRONG_LOGIN', WRONG)
    await succeeded()
    return user
  }

  router.get('/register', (req, res) => {
    if (req.session.get('userId') !== undefined) return res.redirect(303, '/')
    res.send(registerPage({ csrfToken: req.csrfToken() }))
  })

  router.post('/register', async (req, res) => {
    const { data, error } = newAccount.safeParse(req.body ?? {})
    if (error !== undefined) return refuse(req, res, problemsIn(error))
    await limits.registration(req.ip)
    try {
      const { email, name, password } = data
      const user = await database.users.create({ email, name, passwordHash: await passwords.hash(password) })
      await req.session.signIn(user.id)
      req.session.set('notice', `Welcome, ${user.name}.`, { ttl: '5m' })
      if (wantsJson(req)) return res.status(201).json({ id: user.id, name: user.name })
      res.redirect(303, '/chat')
    } catch (error) {
      if (error.code !== 'EMAIL_TAKEN') throw error
      refuse(req, res, { email: TAKEN }, 409)
    }
  })

  router.post('/logout', requireLogin({ redirectTo: '/login' }), async (req, res) => {
    // First the state, then the end: if it cannot be saved, nothing is lost but the time for another try.
    await saveState(req.session, { database })
    await req.session.signOut()
    req.session.set('notice', 'You signed out. See you.', { ttl: '5m' })
    if (wantsJson(req)) return res.json({ signedOut: true })
    res.redirect(303, '/login')
  })

  return router
}

function refuse(req, res, problems, status = 400) {
  res.status(status)
  if (wantsJson(req)) return res.json({ error: 'INVALID_INPUT', message: Object.values(problems).join(' '), problems })
  const { email, name } = req.body ?? {}
  res.send(registerPage({ csrfToken: req.csrfToken(), email: textOf(email), name: textOf(name), problems }))
}

/** A field that was sent twice is a list. */
function textOf(value) {
  return typeof value === 'string' ? value : ''
}
