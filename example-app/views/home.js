import { cookiePanel } from './cookie-panel.js'
import { html } from './html.js'
import { layout } from './layout.js'
import { sessionPanel } from './session-panel.js'

export function homePage({ notice, user, counter, session, cookie }) {
  return layout(
    user === undefined ? 'Not signed in' : `Signed in as ${user}`,
    html`${notice && html`<p class="notice" role="status">${notice}</p>`}
    <div class="pair">
      ${user === undefined ? signInCard() : signedInCard(user)}
      ${counterCard(counter)}
    </div>
    ${sessionPanel(session)}
    ${cookiePanel(cookie)}`,
  )
}

function signInCard() {
  return html`<section class="card">
    <h1>You are not signed in</h1>
    <form method="post" action="/sign-in">
      <label for="name">Your name</label>
      <div class="row">
        <input id="name" name="name" required maxlength="40" autocomplete="username">
        <button>Sign in</button>
      </div>
      <p class="hint">No password: this is an example, and everybody may be anybody.</p>
    </form>
  </section>`
}

function signedInCard(user) {
  return html`<section class="card">
    <h1>You are signed in as ${user}</h1>
    <form method="post" action="/sign-out">
      <p class="row"><button>Sign out</button></p>
      <p class="hint">Ends the session on the server; a copy of the cookie is worth nothing afterwards.</p>
    </form>
  </section>`
}

function counterCard(counter) {
  return html`<section class="card">
    <h2>Counter</h2>
    <form method="post" action="/count">
      <p class="row"><output class="count">${counter}</output> <button>Count one up</button></p>
      <p class="hint">Kept in the session. Press it in two tabs at once: no click is lost.</p>
    </form>
  </section>`
}
