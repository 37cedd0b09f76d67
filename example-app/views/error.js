import { html } from './html.js'
import { layout } from './layout.js'

export function errorPage(status, explanation) {
  return layout(
    `Error ${status}`,
    html`<section class="card">
      <h1>${status}</h1>
      <p>${explanation}</p>
      <p><a href="/">Back to the start</a></p>
    </section>`,
  )
}
