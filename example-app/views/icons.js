// Drawn with lines of the text's colour; said in words beside them.
import { html } from './html.js'

const icon = (shape) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shape}</svg>`

export const menuIcon = icon(html`<path d="M4 7h16M4 12h16M4 17h16"/>`)
export const peopleIcon = icon(
  html`<circle cx="9" cy="8" r="3.5"/><path d="M2.5 19.5c.5-3.3 3-5 6.5-5s6 1.7 6.5 5M15.5 4.7a3.5 3.5 0 0 1 0 6.6M18 14.9c2 .6 3.2 2.2 3.5 4.6"/>`,
)
export const sendIcon = icon(html`<path d="M12 19V5.5M5.5 12 12 5.5l6.5 6.5"/>`)
