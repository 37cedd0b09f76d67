import { html } from './html.js'

export const APP_NAME = 'Steady Chat'

/**
 * The frame of every page. `user`: who is signed in, if somebody is; `menu`: what stands at the right of the header; `scripts`: paths of ES modules;
 * `styles`: style sheets beside those of all pages; `look`: a class of the body.
 */
export function layout({ title, content, user, menu, scripts = [], look = 'plain', styles = [] }) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
    <meta name="color-scheme" content="light dark">
    <title>${title} - ${APP_NAME}</title>
    ${['/style.css', '/frame.css', ...styles].map((path) => html`<link rel="stylesheet" href="${path}">`)}
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    ${scripts.map((path) => html`<script type="module" src="${path}"></script>`)}
  </head>
  <body class="${look}">
    <a class="skip" href="#content">Skip to the content</a>
    <header class="top">
      <p class="brand"><a href="${user === undefined ? '/' : '/chat'}"><img src="/icon.svg" alt="" width="28" height="28">${APP_NAME}</a></p>
      ${menu}
    </header>
    <p class="said warn session-notice" role="status" hidden></p>
    ${content}
  </body>
</html>
`.toString()
}
