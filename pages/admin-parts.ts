// Parts of the administrator's pages: the numbers, the table, the details of one session.
import type { ManagedSession } from '../lib/managed-session.js'
import type { SessionPage } from '../lib/session-lists.js'
import type { SessionStats } from '../lib/session-stats.js'
import { deviceName, lastSeen, namedButton, noticeOf, signedInAt } from './device-parts.js'
import { type Content, type Html, html } from './html.js'
import { queryOf, type Search } from './search.js'
import { filled } from './texts.js'
import { postForm, type Visit } from './visit.js'

/** A page that refreshes itself keeps its own session alive: after five minutes it stops. */
const MOST_LIVE = 30

/** How often the page refreshes itself yet. */
export function liveLeft(query: URLSearchParams): number {
  const left = Number(query.get('live'))
  return Number.isInteger(left) && left > 0 && left <= MOST_LIVE ? left : 0
}

export function countsPart({ site, base }: Visit, { active, signedIn, users }: SessionStats, isLive: boolean): Html {
  const { texts } = site
  const count = new Intl.NumberFormat(texts.lang)
  const entry = (name: string, value: number): Html => html`<div><dt>${name}</dt><dd>${count.format(value)}</dd></div>`
  const [to, text] = isLive ? ['/admin', texts.refreshStop] : [`/admin?live=${MOST_LIVE}`, texts.refreshLive]
  return html`<section class="counts" aria-label="${texts.counts}">
<dl>${entry(texts.active, active)}${entry(texts.activeSignedIn, signedIn)}${entry(texts.users, users)}</dl>
<p>${isLive ? null : html`<a href="${base}/admin">${texts.refresh}</a> `}<a href="${base}${to}">${text}</a></p>
</section>`
}

/** Roles are said, since a narrow screen shows rows as blocks, and browsers then forget that it is a table. */
export function sessionTable(visit: Visit, page: SessionPage, search: Search): Html {
  const { site, base } = visit
  const { texts } = site
  const columns = [texts.userId, texts.device, texts.address, texts.signedIn, texts.lastSeen, texts.actions]
  const { user, after } = search
  const endAll = html`<p><a class="button danger" href="${base}/admin/end-user${queryOf({ user })}">${filled(texts.endUser, { user })}</a></p>`
  const table = html`<table role="table">
<caption>${filled(texts.sessionsShown, { count: page.length })}</caption>
<thead role="rowgroup"><tr role="row">${columns.map((column) => html`<th role="columnheader" scope="col">${column}</th>`)}</tr></thead>
<tbody role="rowgroup">
${page.map((entry) => sessionRow(visit, entry, queryOf(search)))}
</tbody>
</table>`
  const next =
    page.next === null
      ? null
      : html`<li><a href="${base}/admin${queryOf({ ...search, after: page.next })}" rel="next">${texts.nextPage}</a></li>`
  const first = after === '' ? null : html`<li><a href="${base}/admin${queryOf({ ...search, after: '' })}">${texts.firstPage}</a></li>`
  return html`${page.length === 0 ? html`<p class="empty">${texts.noSessions}</p>` : table}
${first === null && next === null ? null : html`<nav class="paging" aria-label="${texts.sessionsShown.replace(/\W*\{count\}\W*/, '')}"><ul>${first}${next}</ul></nav>`}
${user === '' || page.length === 0 ? null : endAll}`
}

function sessionRow(visit: Visit, entry: ManagedSession, back: string): Html {
  const { site, base } = visit
  const { texts } = site
  const { handle, userId, agent, address, current } = entry
  const name = deviceName(visit, agent)
  const cell = (label: string, content: Content): Html => html`<td role="cell" data-label="${label}"><div>${content}</div></td>`
  const link = userId === null ? texts.nobody : html`<a href="${base}/admin${queryOf({ user: userId })}">${userId}</a>`
  const of = `${name}, ${userId ?? texts.nobody}`
  const details = html`<a class="button" href="${base}/admin/end?handle=${handle}${back.replace('?', '&')}">${texts.details}<span class="unseen"> ${of}</span></a>`
  const end = postForm(visit, '/admin/end', { handle, back }, namedButton(current ? texts.signOut : texts.end, of, 'danger'))
  return html`<tr role="row">
${cell(texts.userId, link)}
${cell(texts.device, html`${name}${current ? html` <span class="tag">${texts.thisDevice}</span>` : null}${noticeOf(visit, entry)}`)}
${cell(texts.address, address ?? texts.unknown)}
${cell(texts.signedIn, entry.authenticatedAt === null ? '-' : signedInAt(visit, entry))}
${cell(texts.lastSeen, lastSeen(visit, entry))}
${cell(texts.actions, html`<div class="actions">${details}${end}</div>`)}
</tr>
`
}

export function sessionDetails(visit: Visit, entry: ManagedSession): Html {
  const { texts, times } = visit.site
  const { now } = visit.session.info
  const { handle, userId, agent, address, createdAt, expiresAt, authenticatedAt, indexes } = entry
  const rows: readonly (readonly [name: string, value: Content])[] = [
    [texts.userId, userId ?? texts.nobody],
    [texts.agent, agent ?? texts.unknown],
    [texts.address, address ?? texts.unknown],
    [texts.created, times.ago(createdAt, now)],
    ...(authenticatedAt === null ? [] : [[texts.signedIn, signedInAt(visit, entry)] as const]),
    [texts.lastSeen, lastSeen(visit, entry)],
    [texts.expires, times.ago(expiresAt, now)],
    ...Object.entries(indexes),
    [texts.handle, handle],
  ]
  return html`<dl class="details">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${noticeOf(visit, entry)}`
}
