// Changing the password, which needs a recent sign-in: a browser left open in a café is not enough.
import { Router } from 'express'
import { reauthenticated, requireFresh, returnTo } from 'steady-session/auth'
import { ChatError } from '../chat/errors.js'
import { signedIn } from '../security/signed-in.js'
import { passwordPage } from '../views/password.js'
import { confirmation, passwordChange, problemsIn } from './account-fields.js'
import { wantsJson } from './errors.js'

export function passwordRoutes({ config, database, sessions, limits, passwords, isAdmin }) {
  const router = Router()
  const isUser = signedIn({ database })
  const isFresh = requireFresh(config.fresh, { redirectTo: '/login', confirmTo: '/password/confirm' })

  router.get('/password', isFresh, isUser, (req, res) => show(req, res, { step: 'change', notice: req.session.take('notice') }))

  router.post('/password', isFresh, isUser, async (req, res) => {
    const { data, error } = passwordChange.safeParse(req.body ?? {})
    if (error !== undefined) return refuse(req, res, { step: 'change' }, new ChatError(400, 'INVALID_INPUT', problemsIn(error).next))
    const { user } = res.locals
    await database.users.setPasswordHash(user.id, await passwords.hash(data.next))
    const notice = await endOthers(req.session)
    await reauthenticated(req)
    req.session.set('notice', notice, { ttl: '5m' })
    if (wantsJson(req)) return res.json({ changed: true, message: notice })
    res.redirect(303, '/chat')
  })

  /** Whoever knew the old password may be signed in with it (OWASP ASVS 5.0, 7.4.3). */
  async function endOthers(session) {
    if (!config.storeCan.devices) return 'Your password is changed. Other devices stay signed in until their sessions expire.'
    const ended = await sessions.endAllOf(session.get('userId'), { except: session.info.handle })
    return ended === 0 ? 'Your password is changed.' : 'Your password is changed, and your other devices are signed out.'
  }

  router.get('/password/confirm', isUser, (req, res) => show(req, res, { step: 'confirm', returnTo: returnTo(req, '') }))

  router.post('/password/confirm', isUser, async (req, res) => {
    const { data } = confirmation.safeParse(req.body ?? {})
    try {
      await assertPassword(res.locals.user, data?.current, req.ip)
      await reauthenticated(req)
      if (wantsJson(req)) return res.json({ confirmed: true })
      res.redirect(303, returnTo(req, '/password'))
    } catch (error) {
      if (!(error instanceof ChatError)) throw error
      await refuse(req, res, { step: 'confirm', returnTo: returnTo(req, '') }, error)
    }
  })

  async function assertPassword({ email, passwordHash }, password, address) {
    if (password === undefined) throw new ChatError(400, 'INVALID_INPUT', 'Enter your password.')
    const succeeded = await limits.password(email, address)
    if (!(await passwords.matches(password, passwordHash))) throw new ChatError(401, 'WRONG_PASSWORD', 'Wrong password.')
    await succeeded()
  }

  async function show(req, res, given) {
    const { user } = res.locals
    const shown = { csrfToken: req.csrfToken(), user, can: config.storeCan, isAdmin: await isAdmin(user.id) }
    res.send(passwordPage({ ...shown, ...given }))
  }

  async function refuse(req, res, given, error) {
    if (wantsJson(req)) throw error
    res.status(error.status).set(error.headers ?? {})
    await show(req, res, { ...given, problem: error.message })
  }

  return router
}
