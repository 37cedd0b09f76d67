// One request to the pages.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SessionMissingError } from '../lib/errors.js'
import { exchangeOf } from '../lib/exchange.js'
import type { SessionInfo } from '../lib/session-info.js'
import type { Form } from './form.js'
import { type Html, html } from './html.js'
import type { PageSite } from './site.js'
import { filled, type PageTexts } from './texts.js'

/** The session without the types of the application's data, among which our own key is not. */
interface UntypedSession {
  readonly id: string
  readonly info: SessionInfo
  set(key: string, value: unknown): void
  take(key: string): unknown
  signOut(): Promise<void>
}

export interface Visit {
  readonly site: PageSite
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly session: UntypedSession
  /** Where the pages are mounted, without a slash at the end. */
  readonly base: string
  readonly query: URLSearchParams
  /** Of a POST. */
  form: Form
  isAdministrator: boolean
}

interface MountedRequest extends IncomingMessage {
  /** As the client sent it; frameworks cut the mount point off `url`. */
  readonly originalUrl?: string
}

/** What the next page says once. */
const SAID = 'pages:said'

const SAIDS = ['saidEnded', 'saidEndedMany', 'saidEndsLater'] as const satisfies readonly (keyof PageTexts)[]

export type Said = (typeof SAIDS)[number]

export function openVisit(site: PageSite, request: IncomingMessage, response: ServerResponse): Visit {
  const exchange = exchangeOf(site.app, request)
  if (exchange === undefined) {
    throw new SessionMissingError('sessionPages: the session middleware has not run for this request; move app.use(sessions) above it')
  }
  exchange.assertNotDegraded()
  const { url = '/' } = request
  return {
    site,
    request,
    response,
    session: exchange.session as unknown as UntypedSession,
    base: baseOf(request),
    query: new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : ''),
    form: new Map(),
    isAdministrator: false,
  }
}

/** Two slashes at the start, or what browsers take for them, would lead to another site. */
function baseOf({ originalUrl, url = '/' }: MountedRequest): string {
  const [whole = ''] = (originalUrl ?? url).split('?', 1)
  const [path = ''] = url.split('?', 1)
  const base = whole.endsWith(path) ? whole.slice(0, whole.length - path.length) : whole
  return base.replace(/^[/\\]{2,}/, '/').replace(/\/$/, '')
}

/** After a form: reloading the page that follows sends nothing again. */
export function seeOther({ response, base }: Visit, path: string): void {
  response.statusCode = 303
  response.setHeader('Location', base + path)
  response.setHeader('Cache-Control', 'no-store')
  response.end()
}

export function say({ session }: Visit, said: Said, count = 1): void {
  session.set(SAID, { said, count })
}

export function takeSaid({ session, request, site }: Visit): string | null {
  if (request.method !== 'GET') return null
  const { said, count } = Object(session.take(SAID)) as { readonly said?: unknown; readonly count?: unknown }
  const name = SAIDS.find((known) => known === said)
  return name === undefined ? null : filled(site.texts[name], { count: Number(count) })
}

/** The fields by which a form of this session is known. */
export function postForm(visit: Visit, path: string, fields: Readonly<Record<string, string>>, content: Html): Html {
  const { session, site, base } = visit
  // A session that is not stored has another id at the next request. Of an administrator whom the application knows otherwise.
  if (session.info.handle === null) session.set('pages:forms', true)
  const hidden = Object.entries({ token: site.tokens.make(session.id), ...fields }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  return html`<form method="post" action="${base}${path}">${hidden}${content}</form>`
}
