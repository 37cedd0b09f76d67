// The one way from a page whose session is over to the login page, which then says why.

/** The login page has a text for each of these, at the end of its address. */
const TEXTS = { expired: 'expired', limit: 'limit' }

/** The tab that is looked at goes first: it is the one in which somebody signed out, and for which the server has a word. */
const HIDDEN_MS = 1000

const hooks = []
let isWarned = false
let isLeaving = false

/** What is to be kept before the page is left; it is told why, as the login page is. */
export function beforeLeaving(keep) {
  hooks.push(keep)
}

/** Whether the user was told that the session is about to end. */
export function setWarned(warned) {
  isWarned = warned
}

/** `reason`: as the server calls it. A session that ended after a warning has expired, whoever noticed. */
export function leave(reason) {
  if (isLeaving) return
  isLeaving = true
  const why = isWarned ? TEXTS.expired : (TEXTS[reason] ?? 'signed-out')
  for (const keep of hooks) keep(why)
  const login = `/login?returnTo=${encodeURIComponent(location.pathname + location.search)}#${why}`
  setTimeout(() => location.replace(login), document.visibilityState === 'visible' ? 0 : HIDDEN_MS)
}

/** Who signs out here on purpose is led on by the server. */
export function stay() {
  isLeaving = true
}
