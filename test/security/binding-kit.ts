// Sites whose sessions are bound, behind a proxy that they trust; what a request comes from, its headers say.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { afterEach } from '@jest/globals'
import express from 'express'
import {
  memoryStore,
  type SessionFacts,
  type SessionOptions,
  type SessionStore,
  type Sessions,
  session,
  USER_INDEX,
} from '../../lib/index.js'
import type { AnySession } from '../lib/harness.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { SECRET, serverOpener } from '../support/site.js'

export const BEHIND_PROXY = ['Express 5 that trusts one proxy', 'node:http with proxy: true'] as const
export type Kind = (typeof BEHIND_PROXY)[number] | 'Express 5' | 'node:http'

export interface Seen {
  readonly name: string
  readonly [detail: string]: unknown
}

export interface BoundSite {
  readonly port: number
  readonly browser: Browser
  readonly store: FaultyStore
  readonly sessions: Sessions
  /** The events of the binding, in order, without their requests. */
  readonly seen: readonly Seen[]
}

export type Headers = Readonly<Record<string, string>>

export function from(address: string, agent?: string): Headers {
  return { 'x-forwarded-for': address, ...(agent !== undefined && { 'user-agent': agent }) }
}

export function boundOpener(): (kind: Kind, options: SessionOptions, inner?: SessionStore) => Promise<BoundSite> {
  const serve = serverOpener()
  const opened: Sessions[] = []
  afterEach(async () => {
    for (const sessions of opened.splice(0)) await sessions.close()
  })
  return async (kind, options, inner = memoryStore()) => {
    const store = new FaultyStore(inner)
    const sessions = session({ secret: SECRET, store, ...(kind === 'node:http with proxy: true' && { proxy: true }), ...options })
    opened.push(sessions)
    const port = await serve(listenerOf(kind, sessions))
    return { port, browser: new Browser(port), store, sessions, seen: eventsOf(sessions) }
  }
}

export function eventsOf(sessions: Sessions): readonly Seen[] {
  const seen: Seen[] = []
  for (const name of ['mismatch', 'rejected', 'ended'] as const) {
    sessions.on(name, ({ request: _request, ...event }) => void seen.push({ name, ...event }))
  }
  return seen
}

export function listenerOf(kind: Kind, sessions: Sessions): RequestListener {
  if (kind.startsWith('node:http')) {
    return (request, response) =>
      sessions(request, response, (error) => (error === undefined ? handle(request, response) : fail(response, error)))
  }
  const app = express()
  if (kind !== 'Express 5') app.set('trust proxy', 1)
  app.use(sessions, handle)
  return app
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = request.session as AnySession
  const [path = ''] = (request.url ?? '').split('?')
  if (path === '/sign-in') await session.signIn('ann')
  if (path === '/write') session.set('cart', ['pear'])
  if (path === '/untouched') return void response.end('same for all')
  const { lost, degraded } = session.info
  response.end(JSON.stringify({ user: session.get('userId') ?? 'nobody', lost, degraded }))
}

function fail(response: ServerResponse, error: unknown): void {
  response.statusCode = (error as { status?: number }).status ?? 500
  response.end()
}

/** What the store knows of the user's sessions. */
export async function factsOf(store: SessionStore, userId: string): Promise<SessionFacts[]> {
  return ((await store.index?.list(USER_INDEX, userId)) ?? []).map(({ facts }) => facts)
}

/** Who the site takes the visitor for. */
export async function userAt(browser: Browser, headers: Headers): Promise<unknown> {
  return ((await browser.get('/', headers)).json() as { user: unknown }).user
}
