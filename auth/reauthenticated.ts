import { NotSignedInError } from './errors.js'
import { type AuthRequest, assertNewTokenPossible, exchangeOf, sessionOf } from './exchange.js'

/**
 * The user who is signed in has proved it again, by password or otherwise: new token, and the old one is dead at once; both clocks and the freshness start
 * again (NIST SP 800-63B-4, 5.2; OWASP ASVS 5.0, 7.2.4). The data stays, and so does how the session is remembered. Takes effect before the response
 * leaves. Rejects with `NotSignedInError` if nobody is signed in.
 *
 *     if (await isPasswordOf(req.session.userId, req.body.password)) await reauthenticated(req)
 */
export function reauthenticated(request: AuthRequest): Promise<void> {
  const exchange = exchangeOf('reauthenticated', request)
  const { state } = exchange
  let before: unknown
  let signedIn: Promise<void>
  return exchange.intend(
    async () => {
      await signedIn
      // The key `userId` is the application's, which may keep a number in it, something else, or nothing: the user may stand elsewhere, and one who
      // stood in two places would still be signed in after the application has removed the other.
      if (before === undefined) state.draft.delete('userId')
      else state.draft.set('userId', before, null)
    },
    () => {
      assertNewTokenPossible(exchange)
      const session = sessionOf(exchange)
      const { userId } = session.info
      if (userId === null) throw new NotSignedInError('reauthenticated: nobody is signed in; use req.session.signIn')
      before = session.get('userId')
      signedIn = session.signIn(userId, { keep: true })
    },
  )
}
