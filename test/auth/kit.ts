// An application with a login, for the tests of steady-session/auth: visitors are agents of supertest, the store's clock is ours.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from '@jest/globals'
import express, { type Express } from 'express'
import request, { type Response } from 'supertest'
import { memoryStore, type SessionOptions, type SessionStore, type Sessions, session } from '../../lib/index.js'
import { type AnySession, type Clock, clockAt } from '../lib/harness.js'
import { SECRET } from '../support/site.js'

export const HTML = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'Sec-Fetch-Mode': 'navigate' }

export interface Shop {
  readonly sessions: Sessions
  readonly clock: Clock
  readonly port: number
  /** Somebody with a cookie jar of their own. */
  visitor(): ReturnType<typeof request.agent>
  /** Somebody who holds this cookie. */
  holder(cookie: string): ReturnType<typeof request.agent>
}

/** The session of a test's request, with the data untyped. */
export function sessionIn(req: IncomingMessage): AnySession {
  return req.session as AnySession
}

/** Opens applications, and closes them after each test. `POST /in` signs Ann in. */
export function shopOpener(): (routes: (app: Express) => void, options?: SessionOptions) => Promise<Shop> {
  const afterwards: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const work of afterwards.splice(0)) await work()
  })
  return async (routes, options = {}) => {
    const clock = clockAt(Date.UTC(2026, 10, 21))
    const sessions = session({ secret: SECRET, store: memoryStore({ clock }), ...options })
    const app = express()
    app.use(express.urlencoded(), express.json(), sessions)
    app.post('/in', async (req, res) => {
      await req.session.signIn('ann')
      res.end()
    })
    app.post('/set', (req, res) => {
      req.session.set(req.body)
      res.end()
    })
    app.get('/data', (req, res) => void res.json({ ...req.session.toJSON() }))
    app.get('/info', (req, res) => void res.json(req.session.info))
    routes(app)
    app.use((error: { status?: number; code?: string }, _req: unknown, res: express.Response, _next: unknown) => {
      res.status(error.status ?? 500).json({ failed: error.code ?? String(error) })
    })
    const server: Server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    afterwards.push(async () => {
      await new Promise((resolve) => server.close(resolve))
      await sessions.close()
    })
    const holder = (cookie: string): ReturnType<typeof request.agent> => {
      const agent = request.agent(server)
      agent.set('Cookie', cookie)
      return agent
    }
    return { sessions, clock, port: (server.address() as AddressInfo).port, visitor: () => request.agent(server), holder }
  }
}

/** A store with places for so many sessions of users; it says so a moment later, as a server would. */
export function fullStore(places = 0): SessionStore {
  const store = memoryStore()
  let free = places
  Object.assign(store.index, { reserve: async () => free-- > 0, admit: async () => [] })
  return store
}

/** `name=value` of the session cookie that the response sets. */
export function cookieIn({ headers }: Response): string {
  const lines = headers['set-cookie'] as unknown as string[] | undefined
  return lines?.[0]?.split(';', 1)[0] ?? ''
}
