// Who may connect: a page of this site, with the session of somebody who is signed in.
import { ChatError } from './errors.js'

/**
 * The session middleware as Engine.IO runs it, at the upgrade. A page connects by itself, again and again: that does not extend the session, so it is asked for
 * before the middleware would ask. A page of another site gets none. What is wrong is said a moment later, in `admitted`: an upgrade is refused without a word.
 */
export function sessionsOf(sessions) {
  return async (request, response, next) => {
    if (!isFromThisSite(request)) return next()
    try {
      await sessions.of(request, { slide: false })
      sessions(request, response, next)
    } catch (error) {
      request.sessionFailure = error
      next()
    }
  }
}

/** The session that a socket connects with; throws a ChatError if it may not. */
export async function admitted({ request }, limits) {
  if (!isFromThisSite(request)) throw new ChatError(403, 'WRONG_ORIGIN', 'Only pages of this site may connect to the chat.')
  if (request.sessionFailure) throw request.sessionFailure
  const { info } = request.session
  if (info.userId === null) throw new ChatError(401, 'NOT_SIGNED_IN', 'Please sign in.')
  await limits.connection(info.userId)
  return request.session
}

/** Browsers say with every WebSocket which page opens it; no other site's page can say otherwise. */
function isFromThisSite({ headers }) {
  const { origin = '', host } = headers
  return URL.canParse(origin) && new URL(origin).host === host
}
