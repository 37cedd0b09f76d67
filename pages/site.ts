// What all requests of one `sessionPages(…)` share: the options, completed.
import { ownPath } from '../auth/own-path.js'
import type { SessionApp } from '../lib/app.js'
import type { SessionStats } from '../lib/session-stats.js'
import { APP, type Sessions } from '../lib/sessions.js'
import { type FormTokens, formTokens } from './form-token.js'
import type { SessionPagesOptions } from './session-pages.js'
import { ENGLISH, type PageTexts } from './texts.js'
import { type Times, timesIn } from './times.js'

export interface PageSite {
  readonly app: SessionApp
  readonly sessions: Sessions
  readonly authorize: NonNullable<SessionPagesOptions['authorize']> | null
  readonly title: string
  /** `null`: the title leads nowhere. */
  readonly home: string | null
  readonly texts: PageTexts
  readonly times: Times
  readonly tokens: FormTokens
  /** The numbers of the store, at most some seconds old: several who look at once cost one look at the whole store. */
  stats(): Promise<SessionStats>
  /** Something was ended here: the numbers are to be counted again. */
  changed(): void
}

const KNOWN = ['sessions', 'authorize', 'title', 'home', 'texts']
const STATS_AGE_MS = 5000

export function pageSite(options: SessionPagesOptions): PageSite {
  const { sessions, authorize, title = 'Sessions', home = null, texts: given = {} } = options ?? {}
  const unknown = Object.keys(options ?? {}).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw new TypeError(`${unknown}: unknown option; sessionPages knows ${KNOWN.join(', ')}`)
  const app = (sessions as unknown as Partial<Record<typeof APP, SessionApp>> | undefined)?.[APP]
  if (app === undefined) throw new TypeError('sessions: expected what session(…) returned')
  if (authorize !== undefined && typeof authorize !== 'function') throw new TypeError('authorize: expected a function of the request')
  if (typeof title !== 'string') throw new TypeError('title: expected a text')
  if (home !== null && ownPath(home) === null) throw new TypeError("home: expected a path on the own site, such as '/'")
  const texts = resolveTexts(given)
  return {
    app,
    sessions,
    // As a method, so that it may use `this`.
    authorize: authorize === undefined ? null : (request) => authorize.call(options, request),
    title,
    home,
    texts,
    times: timesIn(texts.lang),
    tokens: formTokens(app.config.secrets, app.config.key),
    ...recentStats(sessions),
  }
}

function resolveTexts(given: Partial<PageTexts>): PageTexts {
  for (const [name, text] of Object.entries(given)) {
    if (!Object.hasOwn(ENGLISH, name)) throw new TypeError(`texts: unknown text '${name}'`)
    if (typeof text !== 'string') throw new TypeError(`texts: expected '${name}' to be a text`)
  }
  const texts = { ...ENGLISH, ...given }
  try {
    Intl.getCanonicalLocales(texts.lang)
  } catch {
    throw new TypeError(`texts: '${texts.lang}' is no language; write lang as in 'en' or 'pt-BR'`)
  }
  return texts
}

function recentStats(sessions: Sessions): Pick<PageSite, 'stats' | 'changed'> {
  let recent: { readonly stats: Promise<SessionStats>; readonly until: number } | null = null
  return {
    stats() {
      if (recent !== null && performance.now() < recent.until) return recent.stats
      const asked = { stats: sessions.stats(), until: performance.now() + STATS_AGE_MS }
      recent = asked
      asked.stats.catch(() => {
        if (recent === asked) recent = null
      })
      return asked.stats
    },
    changed() {
      recent = null
    },
  }
}
