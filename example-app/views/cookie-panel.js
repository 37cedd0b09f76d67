import { html } from './html.js'

export function cookiePanel(cookie) {
  return html`<section class="card">
    <h2>Its cookie, as your browser sent it</h2>
    ${cookie === null ? html`<p>Your browser sent none.</p>` : parts(cookie)}
  </section>`
}

function parts({ name, handle, verifier, signature }) {
  return html`<p class="cookie"><code>${name}=<b>${handle}</b>.<i>${verifier}</i>.<u>${signature}</u></code></p>
  <dl>
    <dt><b>Handle</b></dt>
    <dd>Finds the session in the store. Public: lists and logs may show it.</dd>
    <dt><i>Verifier</i></dt>
    <dd>256 secret bits, masked here. The store keeps only their SHA-256, so a copy of the store opens no session. New at every sign-in.</dd>
    <dt><u>Signature</u></dt>
    <dd>Made with the server's secret. A cookie without a right one never reaches the store.</dd>
  </dl>`
}
