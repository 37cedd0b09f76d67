import { html } from './html.js'
import { layout } from './layout.js'

/** `title` says what happened, `message` the way out. */
export function errorPage({ status, title, message, user }) {
  return layout({
    title,
    user,
    look: 'door',
    content: html`<main id="content" class="card">
      <h1>${title}</h1>
      <p>${message}</p>
      <p class="choice"><a class="button primary" href="${user === undefined ? '/' : '/chat'}">${user === undefined ? 'To the start' : 'Back to the chat'}</a></p>
      <p class="aside">Error ${status}</p>
    </main>`,
  })
}
