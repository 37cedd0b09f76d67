import { field, hiddenToken, messages } from './fields.js'
import { html } from './html.js'
import { layout } from './layout.js'

/** Shown by the address alone, `/login#expired`: so that public/leaving.js can say why it led here, and nobody's link can put words on this page. */
const ENDED = {
  expired: 'You were signed out because nobody used this page for a while. Sign in to go on where you were.',
  limit: 'You signed in on more devices than may be used at once, so this one was signed out.',
  'signed-out': 'You were signed out, in another tab, from another device or by an administrator. Sign in to go on.',
}

export function loginPage({ csrfToken, email = '', problem, notice, returnTo = '' }) {
  return layout({
    title: 'Sign in',
    look: 'door',
    content: html`<main id="content" class="card">
      <h1>Sign in</h1>
      ${Object.entries(ENDED).map(([id, text]) => html`<p class="said warn ended" id="${id}" role="status">${text}</p>`)}
      ${messages({ problem, notice })}
      <form method="post" action="/login">
        ${hiddenToken(csrfToken)}
        <input type="hidden" name="returnTo" value="${returnTo}">
        ${field({
          name: 'email',
          label: 'Email',
          type: 'email',
          value: email,
          attributes: html`autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254"${email === '' && html` autofocus`}`,
        })}
        ${field({
          name: 'password',
          label: 'Password',
          type: 'password',
          attributes: html`autocomplete="current-password"${email !== '' && html` autofocus`}`,
        })}
        <button class="primary wide">Sign in</button>
      </form>
      <p class="aside">New here? <a href="/register">Create an account</a></p>
    </main>`,
  })
}
