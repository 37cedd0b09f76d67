import { hiddenToken } from './fields.js'
import { html } from './html.js'
import { menuIcon } from './icons.js'

/** On a desktop a row of links; on a phone the same behind a button, by the browser's own popover, which needs no script. */
export function menu({ user, can, isAdmin, csrfToken, here }) {
  const link = (path, text) => html`<li><a href="${path}"${here === path && html` aria-current="page"`}>${text}</a></li>`
  return html`<button class="menu-button" type="button" popovertarget="menu" aria-label="Menu">${menuIcon}</button>
  <nav id="menu" class="menu" popover aria-label="Account">
    <ul role="list">
      ${can?.devices && link('/devices', 'Your devices')}
      ${can?.devices && isAdmin && link('/devices/admin', 'All sessions')}
      ${link('/password', 'Password')}
    </ul>
    <form class="sign-out" method="post" action="/logout">
      ${hiddenToken(csrfToken)}
      <span class="who">${user.name}</span>
      <button>Sign out</button>
    </form>
  </nav>`
}
