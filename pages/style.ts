// The stylesheet of the pages: text, so that a bundle or a serverless function needs no file.
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

const STYLE = `:root {
  color-scheme: light dark;
  --back: #f5f6f8; --card: #fff; --text: #1b2230; --soft: #566074; --line: #d9dde5; --edge: #868fa1;
  --link: #1a56c4; --danger: #b3261e; --tag: #e3ecfd; --tag-text: #17408f; --good: #e4f4e8; --good-text: #14532d; --warn: #fdf0d7; --warn-text: #6b4300;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #12151b; --card: #1b2029; --text: #e8ebf1; --soft: #a7b0c0; --line: #303745; --edge: #7a8598;
    --link: #93b8ff; --danger: #ff9c92; --tag: #24385f; --tag-text: #cfe0ff; --good: #17361f; --good-text: #c4ecd0; --warn: #3f2f10; --warn-text: #f6dfae;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; gap: .25rem 2rem; align-items: center; padding: .75rem max(1rem, calc((100% - 64rem) / 2)); background: var(--card); border-bottom: 1px solid var(--line); }
header .title { margin: 0; font-weight: 700; }
.title a { display: inline-block; padding: .25rem 0; color: inherit; text-decoration: none; }
.title a:hover { text-decoration: underline; }
.title a::before { content: '\\2190\\a0' / ''; color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
nav a { display: inline-block; padding: .25rem 0; }
nav a[aria-current] { color: inherit; font-weight: 600; text-decoration-thickness: 2px; }
main { max-width: 66rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
main:focus { outline: none; }
h1 { margin: 0 0 .75rem; font-size: 1.75rem; line-height: 1.2; text-wrap: balance; }
h2 { margin: 0; font-size: 1.0625rem; }
a { color: var(--link); text-underline-offset: .15em; }
.intro, .remembered, .hint, dt, .empty { color: var(--soft); }
.intro { max-width: 42rem; margin: 0 0 1.25rem; }
dl, dd { margin: 0; }
button, .button, input, select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: .5rem; min-height: 2.75rem; padding: .5rem .875rem; max-width: 100%; }
button, .button { display: inline-flex; align-items: center; justify-content: center; text-align: center; text-decoration: none; font-weight: 600; cursor: pointer; }
button:hover, .button:hover { border-color: currentcolor; text-decoration: underline; }
.danger { color: var(--danger); border-color: currentcolor; }
.primary { color: var(--card); background: var(--link); border-color: var(--link); }
.primary:hover { border-color: var(--text); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: .5rem; top: -5rem; padding: .5rem 1rem; background: var(--card); border-radius: .5rem; }
.skip:focus { top: .5rem; z-index: 1; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.said, .notice { border-radius: .5rem; padding: .625rem .875rem; margin: 0 0 1.25rem; background: var(--good); color: var(--good-text); }
.notice { display: inline-block; margin: .5rem 0 0; padding: .25rem .625rem; background: var(--warn); color: var(--warn-text); }
main > .notice { margin: 0 0 1.25rem; }
.tag { display: inline-block; padding: .0625rem .5rem; border-radius: 1rem; background: var(--tag); color: var(--tag-text); font-size: .8125rem; font-weight: 600; white-space: nowrap; }
.devices { max-width: 52rem; margin: 0 0 1.5rem; padding: 0; list-style: none; }
.device { display: grid; grid-template-columns: auto 1fr auto; gap: .25rem 1rem; align-items: start; padding: 1.125rem; background: var(--card); border: 1px solid var(--line); border-bottom-width: 0; }
.device:first-child { border-radius: .75rem .75rem 0 0; }
.device:last-child { border-radius: 0 0 .75rem .75rem; border-bottom-width: 1px; }
.device:only-child { border-radius: .75rem; }
.device dl { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin-top: .25rem; font-size: .9375rem; }
.device dl div { display: flex; gap: .375rem; }
.device .remembered { margin: .125rem 0 0; font-size: .9375rem; }
.icon { width: 1.75rem; height: 1.75rem; fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.choice { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0 0; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: end; justify-content: space-between; margin-bottom: 1.25rem; }
.counts dl { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; }
.counts div { display: flex; flex-direction: column; }
.counts dd { font-size: 1.75rem; font-weight: 700; line-height: 1.2; font-variant-numeric: tabular-nums; }
.counts p { margin: 0; }
.counts a { display: inline-block; padding: .25rem 0; margin-right: .75rem; }
.search, .details { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem; margin-bottom: 1.25rem; }
.search { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(9.5rem, 100%), 1fr)); gap: .75rem; align-items: end; }
.search .choice { margin: 0; flex-wrap: nowrap; }
.field { margin: 0 0 .75rem; }
.search .field { margin: 0; }
.field label { display: block; margin-bottom: .25rem; font-size: .9375rem; font-weight: 600; }
.search input, .search select { width: 100%; }
.wide input { display: block; width: min(30rem, 100%); }
.details div { display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: .25rem 1rem; padding: .25rem 0; }
table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; margin-bottom: 1.25rem; }
caption { padding: 0 0 .5rem; text-align: left; color: var(--soft); }
th, td { padding: .625rem .75rem; text-align: left; vertical-align: middle; }
th { font-size: .875rem; color: var(--soft); font-weight: 600; white-space: nowrap; }
td { border-top: 1px solid var(--line); overflow-wrap: break-word; }
td:nth-child(-n + 2) { overflow-wrap: anywhere; }
td:nth-child(3) { overflow-wrap: anywhere; min-width: 10rem; }
td time { white-space: nowrap; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; }
.actions button, .actions .button { min-height: 2.25rem; padding: .3125rem .75rem; white-space: nowrap; }
.paging { margin-bottom: 1.25rem; }
@media (min-width: 60.01rem) { .actions { flex-wrap: nowrap; } }
@media (max-width: 60rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, caption { display: block; }
  table { background: none; border: 0; }
  tr { margin-bottom: .75rem; padding: .5rem 0; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
  td { display: grid; grid-template-columns: minmax(5.5rem, 7rem) minmax(0, 1fr); gap: .75rem; border: 0; padding: .25rem 1rem; overflow-wrap: anywhere; }
  td:has(.actions) { grid-template-columns: minmax(0, 1fr); padding-bottom: .5rem; }
  td:has(.actions)::before { display: none; }
  td::before { content: attr(data-label); color: var(--soft); }
}
@media (max-width: 36rem) {
  .device { grid-template-columns: auto 1fr; }
  .device form { grid-column: 2; margin-top: .5rem; }
  .details div { grid-template-columns: 1fr; gap: 0; padding: .375rem 0; }
  .search { grid-template-columns: 1fr 1fr; }
  .search .field:first-child, .search .field:nth-child(4), .search .choice { grid-column: 1 / -1; }
}
@media (forced-colors: active) { .tag, .said, .notice { border: 1px solid; } }
`

const TAG = `"${createHash('sha256').update(STYLE).digest('base64url').slice(0, 22)}"`

export function answerStyle(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Content-Type', 'text/css; charset=utf-8')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  // Asked for anew each time, so that page and style are of one version; mostly answered by 304.
  response.setHeader('Cache-Control', 'no-cache')
  response.setHeader('ETag', TAG)
  response.statusCode = request.headers['if-none-match']?.includes(TAG) ? 304 : 200
  response.end(response.statusCode === 304 ? undefined : STYLE)
}
