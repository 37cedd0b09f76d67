// The way of a request through the pages, top to bottom: which page, who may see it, whose form it is; then the page itself.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { hasCode } from '../lib/errors.js'
import type { Middleware, Next } from '../lib/middleware.js'
import { isFromThisSite } from '../lib/same-site.js'
import type { Sessions } from '../lib/sessions.js'
import { confirmEndUser, endSession, endUser, showSession, showSessions } from './admin.js'
import { confirmEndOthers, endDevice, endOthers, showDevices } from './devices.js'
import { readForm } from './form.js'
import { answerRefusal } from './layout.js'
import { Refused } from './refused.js'
import { type PageSite, pageSite } from './site.js'
import { answerStyle } from './style.js'
import type { PageTexts } from './texts.js'
import { openVisit, type Visit } from './visit.js'

export interface SessionPagesOptions {
  /** What `session(…)` returned; mounted above the pages. */
  readonly sessions: Sessions
  /** Stands at the top of each page, and in the title. Default `'Sessions'`. */
  readonly title?: string
  /** Where the title leads: the application that the pages belong to, such as `'/'`. Default: nowhere. */
  readonly home?: string
  /** Other words, or another language: `{ lang: 'de', yourDevices: 'Deine Geräte' }`. */
  readonly texts?: Partial<PageTexts>
  /**
   * Whether who asks may see and end everybody's sessions; nothing but `true` (or a promise of it) lets in. Asked at each request. Without it the pages of the
   * administrator do not exist.
   */
  authorize?(request: IncomingMessage): boolean | Promise<boolean>
}

type Reader = 'user' | 'administrator'

interface Route {
  readonly reader: Reader
  readonly show: (visit: Visit) => Promise<void> | void
}

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /': { reader: 'user', show: showDevices },
  'POST /end': { reader: 'user', show: endDevice },
  'GET /end-others': { reader: 'user', show: confirmEndOthers },
  'POST /end-others': { reader: 'user', show: endOthers },
  'GET /admin': { reader: 'administrator', show: showSessions },
  'GET /admin/end': { reader: 'administrator', show: showSession },
  'POST /admin/end': { reader: 'administrator', show: endSession },
  'GET /admin/end-user': { reader: 'administrator', show: confirmEndUser },
  'POST /admin/end-user': { reader: 'administrator', show: endUser },
}

/**
 * Makes the handler of two pages, for Express 5, Express 4 and Connect, to be mounted below the session middleware: the devices of who is signed in, at its own
 * path, and at `/admin` below it, for whom `authorize` lets in, everybody's sessions. They need no script, and set their own Content Security Policy.
 *
 *     app.use('/sessions', sessionPages({ sessions, authorize: (req) => isAdmin(req) }))
 *
 * Throws a `TypeError` that begins with the option's name if an option is wrong.
 */
export function sessionPages(options: SessionPagesOptions): Middleware {
  const site = pageSite(options)
  function pages(request: IncomingMessage, response: ServerResponse, next: Next): void {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const [path = ''] = (request.url ?? '').split('?', 1)
    // As frameworks do by default, a slash at the end is let go.
    const name = `${method} ${path.replace(/(?<=.)\/$/, '')}`
    if (name === 'GET /style.css') return answerStyle(request, response)
    const route = ROUTES[name]
    if (route === undefined || (route.reader === 'administrator' && site.authorize === null)) return next()
    // In a promise from the first step on, so that whatever is thrown arrives in one place.
    Promise.resolve()
      .then(() => answer(site, route, request, response))
      .catch(next)
  }
  return pages as Middleware
}

async function answer(site: PageSite, { reader, show }: Route, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const visit = openVisit(site, request, response)
  try {
    await assertReader(visit, reader)
    if (request.method === 'POST') await acceptForm(visit)
    await show(visit)
  } catch (error) {
    if (error instanceof Refused) return answerRefusal(visit, error)
    if (hasCode(error, 'ERR_SESSION_UNSUPPORTED')) return answerRefusal(visit, new Refused(501))
    throw error
  }
}

async function assertReader(visit: Visit, reader: Reader): Promise<void> {
  const { site, request } = visit
  visit.isAdministrator = site.authorize !== null && (await site.authorize(request)) === true
  if (reader === 'administrator' && visit.isAdministrator) return
  if (visit.session.info.userId === null) throw new Refused(401)
  if (reader === 'administrator') throw new Refused(403)
}

/** A form of our own, made for this session. Where a browser says that another site sends it, the token is not even looked at. */
async function acceptForm(visit: Visit): Promise<void> {
  const { site, request, session } = visit
  const { 'sec-fetch-site': from, origin } = request.headers
  if ((from ?? origin) !== undefined && !isFromThisSite(request)) throw new Refused(403, { forged: true })
  visit.form = await readForm(request)
  if (!site.tokens.isValid(visit.form.get('token'), session.id)) throw new Refused(403, { forged: true })
}
