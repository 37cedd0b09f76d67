import { html } from './html.js'
import { until, when } from './time.js'

export function sessionPanel(session) {
  return html`<section class="card">
    <h2>Your session, as the server has it</h2>
    ${session === null ? none() : facts(session)}
  </section>`
}

function none() {
  return html`<p>There is none. Nothing is stored for a visitor until there is something to keep: count up, or sign in.</p>`
}

function facts({ id, handle, createdAt, startedAt, authenticatedAt, expiresAt, endsAt, data }) {
  return html`<dl>
    <dt>Id</dt>
    <dd><code>${id}</code><span class="hint">changes at every sign-in and sign-out</span></dd>
    <dt>Handle</dt>
    <dd><code>${handle}</code><span class="hint">public; stays as long as the session lives</span></dd>
    <dt>Created</dt>
    <dd>${when(createdAt)}</dd>
    <dt>Signed in</dt>
    <dd>${authenticatedAt ? when(authenticatedAt) : 'not signed in'}</dd>
    <dt>Idle clock</dt>
    <dd>${until(expiresAt)}<span class="hint">starts again with every request</span></dd>
    <dt>Absolute clock</dt>
    <dd>${until(endsAt)}<span class="hint">runs since ${when(startedAt)}; no request moves it, only a sign-in</span></dd>
    <dt>Data</dt>
    <dd><pre>${JSON.stringify(data, null, 2)}</pre></dd>
  </dl>`
}
