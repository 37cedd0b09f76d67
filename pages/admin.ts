// The administrator's pages: everybody's sessions, one of them, all of one user.
import type { SessionPage } from '../lib/session-lists.js'
import { isHandle } from '../lib/token.js'
import { countsPart, liveLeft, sessionDetails, sessionTable } from './admin-parts.js'
import { deviceName } from './device-parts.js'
import { signOut } from './devices.js'
import { html } from './html.js'
import { answerPage } from './layout.js'
import { Refused } from './refused.js'
import { listOptions, queryOf, type Search, searchIn } from './search.js'
import { searchPart } from './search-part.js'
import { filled } from './texts.js'
import { postForm, say, seeOther, type Visit } from './visit.js'

/** When a session can be ended, in seconds; 0: now. */
const DELAYS: readonly number[] = [0, 60, 300, 900, 3600]
const MAX_MESSAGE = 300

export async function showSessions(visit: Visit): Promise<void> {
  const { site, query, response, base } = visit
  const search = searchIn(query)
  const [page, stats] = await Promise.all([pageOf(visit, search), site.stats()])
  if (page === null) return seeOther(visit, `/admin${queryOf({ ...search, after: '' })}`)
  const left = liveLeft(query)
  if (left > 0) response.setHeader('Refresh', `10; url=${base}/admin?live=${left - 1}`)
  answerPage(visit, {
    heading: site.texts.allSessions,
    content: html`${countsPart(visit, stats, left > 0)}
${searchPart(visit, search)}
${sessionTable(visit, page, search)}`,
  })
}

/** `null`: the place to go on from is none, or was lost when a server of the store was replaced; begin anew. A store that fails fails there, too. */
async function pageOf({ site, session }: Visit, search: Search): Promise<SessionPage | null> {
  try {
    return await site.sessions.list(listOptions(search, session.info.handle))
  } catch (error) {
    if (search.after === '') throw error
    return null
  }
}

/** One session, with all that is known of it, and the choice of when it ends. */
export async function showSession(visit: Visit): Promise<void> {
  const { site, query, base } = visit
  const { texts, times } = site
  const handle = query.get('handle') ?? ''
  const found = isHandle(handle) ? await site.sessions.find(handle) : null
  if (found === null) throw new Refused(404)
  const back = queryOf(searchIn(query))
  const choice = html`<p class="field"><label for="in">${texts.when}</label>
<select id="in" name="in">${DELAYS.map((seconds) => html`<option value="${seconds}">${seconds === 0 ? texts.now : times.span(seconds)}</option>`)}</select></p>
<p class="field wide"><label for="message">${texts.message}</label>
<input id="message" name="message" maxlength="${MAX_MESSAGE}" autocomplete="off" aria-describedby="message-hint">
<span class="hint" id="message-hint">${texts.messageHint}</span></p>
<p class="choice"><button class="danger">${texts.end}</button> <a class="button" href="${base}/admin${back}">${texts.back}</a></p>`
  answerPage(visit, {
    heading: deviceName(visit, found.agent),
    content: html`${sessionDetails(visit, found)}${postForm(visit, '/admin/end', { handle, back }, choice)}`,
  })
}

export async function endSession(visit: Visit): Promise<void> {
  const { form, session, site } = visit
  const handle = form.get('handle') ?? ''
  const delay = DELAYS.find((seconds) => String(seconds) === (form.get('in') ?? '0'))
  const message = form.get('message') ?? ''
  if (delay === undefined || message.length > MAX_MESSAGE) throw new Refused(400)
  if (handle === session.info.handle && delay === 0) return signOut(visit)
  const was = isHandle(handle) && (await site.sessions.end(handle, delay === 0 ? {} : { in: delay, message }))
  if (!was) throw new Refused(404)
  site.changed()
  say(visit, delay === 0 ? 'saidEnded' : 'saidEndsLater')
  seeOther(visit, `/admin${queryOf(searchIn(new URLSearchParams(form.get('back'))))}`)
}

export async function confirmEndUser(visit: Visit): Promise<void> {
  const { site, query, session, base } = visit
  const { texts } = site
  const { user } = searchIn(query)
  if (user === '') throw new Refused(404)
  const isOwn = user === session.info.userId
  const count = (await site.sessions.count({ user })) - (isOwn ? 1 : 0)
  const buttons = html`<p class="choice"><button class="danger">${filled(texts.endUser, { user })}</button>
<a class="button" href="${base}/admin${queryOf({ user })}">${texts.cancel}</a></p>`
  answerPage(visit, {
    heading: filled(texts.endUserTitle, { user }),
    content: html`<p>${filled(texts.endUserQuestion, { count })} ${isOwn ? texts.yoursStays : null}</p>
${postForm(visit, '/admin/end-user', { user }, buttons)}`,
  })
}

/** But for the session that asks: its own page would be gone. */
export async function endUser(visit: Visit): Promise<void> {
  const { form, session, site } = visit
  const user = form.get('user') ?? ''
  if (user === '') throw new Refused(400)
  const { handle } = session.info
  const count = await site.sessions.endAllOf(user, handle === null ? {} : { except: handle })
  site.changed()
  say(visit, 'saidEndedMany', count)
  seeOther(visit, `/admin${queryOf({ user })}`)
}
