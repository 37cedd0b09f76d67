import { requireLogin } from 'steady-session/auth'

/** Lets through who is signed in, and gives the routes below the account, as `res.locals.user`. */
export function signedIn({ database }) {
  return [
    requireLogin({ redirectTo: '/login' }),
    async (req, res, next) => {
      const user = await database.users.byId(req.session.get('userId'))
      if (user !== null) {
        res.locals.user = user
        // After the sign-out, the button "back" must not show what was private.
        res.set('Cache-Control', 'no-store')
        return next()
      }
      // The sessions may outlive the database they were made with: an account that is gone is nobody's.
      await req.session.signOut()
      res.redirect(303, '/login')
    },
  ]
}
