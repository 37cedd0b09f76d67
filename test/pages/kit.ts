// An application with the pages, visitors who are signed in, and a clock that stands still.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from '@jest/globals'
import express from 'express'
import request, { type Response } from 'supertest'
import { memoryStore, type SessionOptions, type Sessions, session } from '../../lib/index.js'
import { type SessionPagesOptions, sessionPages } from '../../pages/index.js'
import { type Clock, clockAt, SECRET } from '../lib/harness.js'

export const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
export const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'
export const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

export type Visitor = ReturnType<typeof request.agent>

export interface Site {
  readonly sessions: Sessions
  readonly clock: Clock
  readonly url: string
  readonly server: Server
  /** Somebody with a cookie jar of their own. */
  visitor(agent?: string): Visitor
  /** Signed in as this user. */
  signedIn(user: string, agent?: string): Promise<Visitor>
}

export interface SiteOptions {
  readonly session?: SessionOptions
  readonly pages?: Partial<SessionPagesOptions>
  readonly before?: readonly express.RequestHandler[]
  /** Other than Express 5: makes the listener from both handlers. */
  readonly listener?: (sessions: Sessions, pages: ReturnType<typeof sessionPages>) => RequestListener
}

/** Only `root` is an administrator. */
export const isRoot: NonNullable<SessionPagesOptions['authorize']> = (req) => req.session.info.userId === 'root'

/** Opens sites, and closes them after each test. The pages are at `/sessions`. */
export function siteOpener(): (options?: SiteOptions) => Promise<Site> {
  const afterwards: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const work of afterwards.splice(0)) await work()
  })
  return async (options = {}) => {
    const site = await openSite(options)
    afterwards.push(() => closeSite(site))
    return site
  }
}

export async function openSite({ session: given = {}, pages = {}, before = [], listener }: SiteOptions = {}): Promise<Site> {
  const clock = clockAt(Date.UTC(2026, 10, 22, 9, 30))
  const sessions = session({ secret: SECRET, store: memoryStore({ clock }), ...given })
  const handler = sessionPages({ sessions, authorize: isRoot, ...pages })
  const server = createServer(listener?.(sessions, handler) ?? application(sessions, handler, before))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const visitor = (agent = FIREFOX): Visitor => {
    const made = request.agent(server)
    made.set('User-Agent', agent)
    return made
  }
  const signedIn = async (user: string, agent = FIREFOX): Promise<Visitor> => {
    const made = visitor(agent)
    await made.post(`/in/${encodeURIComponent(user)}`).expect(200)
    return made
  }
  return { sessions, clock, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, visitor, signedIn }
}

export async function closeSite({ server, sessions }: Site): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await sessions.close()
}

function application(
  sessions: Sessions,
  pages: ReturnType<typeof sessionPages>,
  before: readonly express.RequestHandler[],
): RequestListener {
  const app = express()
  app.use(sessions)
  for (const each of before) app.use(each)
  app.post('/in/:user', async (req, res) => (await req.session.signIn(req.params.user), res.end()))
  app.get('/me', (req, res) => void res.json(req.session.info))
  app.get('/data', (req, res) => void res.json({ ...req.session.toJSON() }))
  app.use('/sessions', pages)
  app.use((error: { status?: number; code?: string }, _req: unknown, res: express.Response, _next: unknown) => {
    res.status(error.status ?? 500).json({ failed: error.code ?? String(error) })
  })
  return app as RequestListener
}

/** Sends one of the page's forms. */
export function submit(visitor: Visitor, path: string, page: Response, fields: object = {}): ReturnType<Visitor['post']> {
  return visitor
    .post(path)
    .type('form')
    .send({ token: tokenIn(page), ...fields })
}

/** The token that the page's forms carry. */
export function tokenIn({ text }: Response): string {
  return /name="token" value="([\w-]+)"/.exec(text)?.[1] ?? ''
}

export async function infoOf(visitor: Visitor): Promise<{ readonly handle: string; readonly userId: string | null }> {
  return (await visitor.get('/me')).body as { handle: string; userId: string | null }
}
