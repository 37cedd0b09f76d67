// From the tokens of a request to its session: at most one round trip, none without a token whose signature holds.
import type { IncomingMessage } from 'node:http'
import type { SessionApp } from './app.js'
import { type BindingCheck, bindingCheck } from './checks/binding.js'
import { isWithinLifetime } from './checks/lifetime.js'
import type { Arrival, FoundSession } from './exchange.js'
import { isPending, whenReady } from './maybe.js'
import type { PresentedCookies } from './session-cookie.js'
import type { LoadedSession, MaybePromise } from './store.js'
import { parseToken } from './token.js'
import type { OpenedToken } from './token-signer.js'

const SLIDING = Object.freeze({ slide: true })
const RESTING = Object.freeze({ slide: false })

/** What the store says of a token. */
type Answer = LoadedSession | 'reused' | null

const STRANGER: Arrival = Object.freeze({ found: null, lost: false, several: false, degraded: null })

/** Finds the live session among the tokens; `slides`: whether its expiry starts again. Rejects if the store fails: an error never makes a stranger of a user. */
export function loadSession(
  app: SessionApp,
  request: IncomingMessage,
  cookies: PresentedCookies,
  slides: (request: IncomingMessage) => boolean = app.config.slide,
): MaybePromise<Arrival> {
  const { tokens } = cookies
  if (tokens.length === 0) {
    if (cookies.present) app.events.emit('rejected', { request, reason: 'signature', handle: undefined })
    return STRANGER
  }
  return loadAll(app, request, tokens, slides(request))
}

function loadAll(app: SessionApp, request: IncomingMessage, tokens: readonly OpenedToken[], slide: boolean): MaybePromise<Arrival> {
  const bound = bindingCheck(app, request)
  const [only] = tokens
  if (tokens.length === 1 && only !== undefined) {
    const found = loadOne(app, request, only, slide, bound)
    return isPending(found) ? found.then(arrivalOf) : arrivalOf(found)
  }
  const loads = tokens.map((cookie) => loadOne(app, request, cookie, slide, bound))
  const settled = loads.some(isPending) ? Promise.all(loads) : (loads as (FoundSession | null)[])
  return whenReady(settled, (results) => choose(app, request, results))
}

function loadOne(
  app: SessionApp,
  request: IncomingMessage,
  cookie: OpenedToken,
  slide: boolean,
  bound: BindingCheck | null,
): MaybePromise<FoundSession | null> {
  const answer = app.load(cookie.token, slide ? SLIDING : RESTING)
  if (isPending(answer)) return answer.then((loaded) => judged(app, request, cookie, loaded, bound))
  return judged(app, request, cookie, answer, bound)
}

function judged(
  app: SessionApp,
  request: IncomingMessage,
  cookie: OpenedToken,
  loaded: Answer,
  bound: BindingCheck | null,
): MaybePromise<FoundSession | null> {
  if (loaded !== null && loaded !== 'reused' && isWithinLifetime(loaded)) {
    return bound === null ? { loaded, cookie } : bound({ loaded, cookie })
  }
  tellNone(app, request, cookie, loaded)
  return null
}

function arrivalOf(found: FoundSession | null): Arrival {
  return { found, lost: found === null, several: false, degraded: null }
}

/** Of one handle: the one that loaded. Of several: none, since one of them was planted (RFC 6265bis 8.6). */
function choose(app: SessionApp, request: IncomingMessage, results: readonly (FoundSession | null)[]): Arrival {
  const live = results.filter((result) => result !== null)
  const [found] = live
  if (found === undefined) return arrivalOf(null)
  if (live.every(({ loaded }) => loaded.handle === found.loaded.handle)) return arrivalOf(found)
  app.events.emit('rejected', { request, reason: 'several', handle: undefined })
  return { found: null, lost: false, several: true, degraded: null }
}

function tellNone(app: SessionApp, request: IncomingMessage, cookie: OpenedToken, loaded: Answer): void {
  const handle = parseToken(cookie.token)?.handle
  if (loaded === 'reused') app.events.emit('reuse', { request, handle })
  else app.events.emit('rejected', { request, reason: 'unknown', handle })
}
