// Against forms that another site sends in the name of who is signed in here (OWASP ASVS 5.0, 3.5.1).
import { hkdfSync } from 'node:crypto'
import { doubleCsrf } from 'csrf-csrf'

/**
 * `req.csrfToken()` makes the token of a page's forms; every request that changes something must bring it back, as the field `_csrf` or, from a script, in the
 * header `X-CSRF-Token`. It belongs to one session id, which changes at each sign-in and sign-out, so that a token from before is worth nothing after.
 */
export function csrfProtection({ secret, production }) {
  // Not the secret itself: what signs cookies should do nothing else.
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'chat csrf', 32)).toString('base64')
  const { doubleCsrfProtection } = doubleCsrf({
    getSecret: () => key,
    getSessionIdentifier: sessionOf,
    getCsrfTokenFromRequest: (req) => req.body?._csrf ?? req.headers['x-csrf-token'],
    // With __Host- no neighbouring host name can plant a cookie.
    cookieName: production ? '__Host-csrf' : 'csrf',
    cookieOptions: { secure: production, sameSite: 'lax' },
  })
  return doubleCsrfProtection
}

/** Who only looks has no session, and gets none for the login form: its id would be another one at each request. */
function sessionOf({ session }) {
  return session.info.handle === null ? '' : session.id
}
