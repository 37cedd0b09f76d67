// What the security tests share: a site with the usual routes, on every framework.
import type { IncomingMessage } from 'node:http'
import { type MemoryStore, memoryStore, type SessionOptions } from '../../lib/index.js'
import { type AnySession, type Clock, clockAt } from '../lib/harness.js'
import { Browser } from '../support/browser.js'
import { answer, FRAMEWORKS, type Framework, type Handler, type Routes, type Site, siteOpener } from '../support/site.js'

export const EVERY_FRAMEWORK = Object.keys(FRAMEWORKS) as Framework[]

export interface Place extends Site {
  readonly browser: Browser
  readonly store: MemoryStore
  readonly clock: Clock
}

/** A route that works on the session and answers with what the work gives. */
export function route(work: (session: AnySession, request: IncomingMessage) => unknown): Handler {
  return async (request, response) => {
    const result: unknown = await work(request.session as AnySession, request)
    answer(response, result ?? null)
  }
}

const ROUTES: Routes = {
  '/set': route((session) => session.set('cart', ['pear'])),
  '/write': route((session) => session.increment('n')),
  '/sign-in': route((session) => session.signIn('ann')),
  '/sign-out': route((session) => session.signOut()),
  '/data': route((session) => session.toJSON()),
  '/user': route((session) => session.get('userId') ?? 'nobody'),
  '/info': route((session) => session.info),
  '/untouched': (_request, response) => {
    response.end('same for all')
  },
}

/** Opens places and closes them after each test. The clock of the store stands still until it is moved. */
export function placeOpener(): (framework: Framework, options?: SessionOptions, routes?: Routes) => Promise<Place> {
  const open = siteOpener()
  return async (framework, options = {}, routes = {}) => {
    const clock = clockAt(Date.UTC(2026, 10, 21))
    const store = memoryStore({ clock })
    const site = await open({ framework, options: { store, ...options }, routes: { ...ROUTES, ...routes } })
    return Object.assign(site, { browser: new Browser(site.port), store, clock })
  }
}

/** The value of the browser's session cookie. */
export function valueHeldBy(browser: Browser): string {
  return browser.cookies.get('sid') ?? ''
}

export async function userOf(browser: Browser, headers: Readonly<Record<string, string>> = {}, path = '/user'): Promise<unknown> {
  return (await browser.get(path, headers)).json()
}

/** What the cookie value consists of; the verifier and the whole are secret. */
export function partsOf(value: string): { handle: string; verifier: string; token: string } {
  return { handle: value.slice(0, 22), verifier: value.slice(23, 66), token: value.slice(0, 66) }
}
