// What all pages have in common: the frame, and the headers that keep everything foreign out.
import { type Content, type Html, html } from './html.js'
import type { Refused, RefusedStatus } from './refused.js'
import type { PageTexts } from './texts.js'
import { takeSaid, type Visit } from './visit.js'

export interface PageParts {
  readonly status?: number
  readonly heading: string
  readonly content: Content
}

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  // Not `no-referrer`, with which browsers would hide the origin of our own forms from us.
  'Referrer-Policy': 'same-origin',
}

export function answerPage(visit: Visit, parts: PageParts): void {
  const { response } = visit
  const page = framed(visit, parts)
  response.statusCode = parts.status ?? 200
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
  response.end(page.text)
}

const REFUSALS: Readonly<Record<RefusedStatus, readonly [heading: keyof PageTexts, text: keyof PageTexts]>> = {
  400: ['badFormTitle', 'badForm'],
  401: ['signedOutTitle', 'signedOut'],
  403: ['forbiddenTitle', 'forbidden'],
  404: ['missingTitle', 'missing'],
  413: ['badFormTitle', 'badForm'],
  415: ['badFormTitle', 'badForm'],
  501: ['unsupportedTitle', 'unsupported'],
}

export function answerRefusal(visit: Visit, { status, forged }: Refused): void {
  const { texts } = visit.site
  const [heading, text] = forged ? (['forgedTitle', 'forged'] as const) : REFUSALS[status]
  const content = html`<p>${texts[text]}</p>${status === 401 || status === 501 ? null : html`<p><a href="${visit.base}/">${texts.yourDevices}</a></p>`}`
  answerPage(visit, { status, heading: texts[heading], content })
}

function framed(visit: Visit, { status = 200, heading, content }: PageParts): Html {
  const { title, home, texts } = visit.site
  const said = status === 200 ? takeSaid(visit) : null
  return html`<!doctype html>
<html lang="${texts.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${heading} - ${title}</title>
<link rel="stylesheet" href="${visit.base}/style.css">
</head>
<body>
<a class="skip" href="#content">${texts.skip}</a>
<header>
<p class="title">${home === null ? title : html`<a href="${home}">${title}</a>`}</p>
${navigation(visit)}
</header>
<main id="content" tabindex="-1">
<h1>${heading}</h1>
${said === null ? null : html`<p class="said" role="status">${said}</p>`}
${content}
</main>
</body>
</html>
`
}

/** Only who has both pages is asked to choose. */
function navigation({ base, request, site, isAdministrator, session }: Visit): Html | null {
  if (!isAdministrator) return null
  const { texts } = site
  const [path = ''] = (request.url ?? '').split('?', 1)
  const link = (to: string, text: string): Html => {
    const isHere = to === '/admin' ? path.startsWith('/admin') : !path.startsWith('/admin')
    return html`<li><a href="${base}${to}"${isHere ? html` aria-current="page"` : null}>${text}</a></li>`
  }
  return html`<nav aria-label="${texts.pages}"><ul>
${session.info.userId === null ? null : link('/', texts.yourDevices)}
${link('/admin', texts.allSessions)}
</ul></nav>`
}
