// Warns before the session ends for want of use, and leads to the login page once it has ended.
import { watchSession } from '/session/client.js'
import { leave, setWarned, stay } from './leaving.js'

const watch = watchSession({
  dialog: true,
  onWarning: () => setWarned(true),
  onSafe: () => setWarned(false),
  onEnded: () => leave('signedOut'),
  onNotice: showNotice,
})

/** Somebody looks after the sessions, and has a word for this one before it ends. */
function showNotice({ message, endsAt }) {
  const at = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'short' }).format(new Date(endsAt))
  const banner = document.querySelector('.session-notice')
  banner.textContent = `You will be signed out at ${at}. ${message}`
  banner.hidden = false
}

document.querySelector('.sign-out')?.addEventListener('submit', () => {
  watch.stop()
  stay()
})
