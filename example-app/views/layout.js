import { html } from './html.js'

export function layout(title, content) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title}</title>
    <link rel="stylesheet" href="/style.css">
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
  </head>
  <body>
    <header class="top"><a href="/">steady-session</a> <span>example application</span></header>
    <main>${content}</main>
  </body>
</html>
`.toString()
}
