import { field, hiddenToken, messages } from './fields.js'
import { html } from './html.js'
import { layout } from './layout.js'
import { menu } from './menu.js'
import { newPassword } from './register.js'

/** Two steps: who was not asked for the password lately is asked for it first (`'confirm'`), then chooses the new one (`'change'`). */
export function passwordPage({ csrfToken, user, step, problem, notice, returnTo = '', can, isAdmin }) {
  const part =
    step === 'confirm' ? confirmPart({ csrfToken, user, returnTo, problem, notice }) : changePart({ csrfToken, user, problem, notice })
  return layout({
    title: step === 'confirm' ? 'Confirm your password' : 'Change your password',
    user,
    menu: menu({ user, can, isAdmin, csrfToken, here: '/password' }),
    scripts: ['/warning.js'],
    content: html`<main id="content" class="card">${part}</main>`,
  })
}

function confirmPart({ csrfToken, user, returnTo, problem, notice }) {
  return html`<h1>Confirm your password</h1>
  <p>You signed in a while ago. Enter your password once more to go on.</p>
  ${messages({ problem, notice })}
  <form method="post" action="/password/confirm">
    ${hiddenToken(csrfToken)}
    <input type="hidden" name="returnTo" value="${returnTo}">
    ${accountName(user)}
    ${field({ name: 'current', label: 'Password', type: 'password', attributes: html`autocomplete="current-password" autofocus` })}
    <p class="choice"><button class="primary">Go on</button> <a class="button" href="/chat">Cancel</a></p>
  </form>`
}

function changePart({ csrfToken, user, problem, notice }) {
  return html`<h1>Change your password</h1>
  <p>Your other devices will be signed out. This one stays signed in.</p>
  ${messages({ problem, notice })}
  <form method="post" action="/password">
    ${hiddenToken(csrfToken)}
    ${accountName(user)}
    ${newPassword({ name: 'next', label: 'New password' })}
    <p class="choice"><button class="primary">Change password</button> <a class="button" href="/chat">Cancel</a></p>
  </form>`
}

/** For password managers, which want to know whose password it is. */
function accountName({ email }) {
  return email && html`<input type="hidden" autocomplete="username" value="${email}">`
}
