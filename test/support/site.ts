// A small web application on a free port: the session middleware and a handler for each path.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from '@jest/globals'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import { type Next, type SessionEventName, type SessionOptions, type Sessions, session } from '../../lib/index.js'

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown
export type Routes = Readonly<Record<string, Handler>>
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void
type ErrorMiddleware = (error: unknown, request: IncomingMessage, response: ServerResponse, next: Next) => void

interface App extends RequestListener {
  use(handler: Middleware | ErrorMiddleware): unknown
}

export type Framework = 'Express 5' | 'Express 4' | 'Connect'

export const FRAMEWORKS: Readonly<Record<Framework, () => App>> = {
  'Express 5': () => express() as unknown as App,
  'Express 4': () => express4() as unknown as App,
  Connect: () => connect() as unknown as App,
}

export interface SeenEvent {
  readonly name: SessionEventName
  readonly handle?: string | undefined
  readonly userId?: string | undefined
  readonly reason?: string
}

export interface Site {
  readonly port: number
  readonly sessions: Sessions
  /** What the middleware told its listeners. */
  readonly events: readonly SeenEvent[]
  /** What reached the application's error handler. */
  readonly errors: readonly unknown[]
  /** How often an event came. */
  count(name: SessionEventName): number
}

export interface SiteOptions {
  readonly framework: Framework
  readonly options: SessionOptions
  readonly routes: Routes
  /** Run between the session and the routes. */
  readonly middlewares?: readonly Middleware[]
}

export const SECRET = 'a secret for tests, of more than 32 bytes'

const NAMES: readonly SessionEventName[] = ['created', 'signedIn', 'rotated', 'changed', 'ended', 'gone', 'rejected', 'reuse', 'storeError']

/** Opens sites and closes them after each test. */
export function siteOpener(): (options: SiteOptions) => Promise<Site> {
  const afterwards = cleanUp()
  return async (options) => {
    const { site, server } = await openSite(options)
    afterwards(async () => {
      await close(server)
      await site.sessions.close()
    })
    return site
  }
}

/** Serves on a free port until the test is over; resolves to the port. */
export function serverOpener(): (listener: RequestListener) => Promise<number> {
  const afterwards = cleanUp()
  return async (listener) => {
    const server = createServer(listener)
    afterwards(() => close(server))
    return listen(server)
  }
}

/** What is handed in runs after the test. */
function cleanUp(): (work: () => Promise<void>) => void {
  const works: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const work of works.splice(0)) await work()
  })
  return (work) => {
    works.push(work)
  }
}

/** Answers with JSON, the way the framework does. */
export function answer(response: ServerResponse & { readonly json?: (value: unknown) => void }, value: unknown): void {
  if (response.json !== undefined) response.json(value)
  else response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value))
}

export function redirect(response: ServerResponse & { readonly redirect?: (path: string) => void }, path: string): void {
  if (response.redirect !== undefined) response.redirect(path)
  else response.writeHead(302, { Location: path }).end()
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeAllConnections()
  await closed
}

async function openSite({ framework, options, routes, middlewares = [] }: SiteOptions): Promise<{ site: Site; server: Server }> {
  const sessions = session({ secret: SECRET, ...options })
  const events: SeenEvent[] = []
  for (const name of NAMES) {
    sessions.on(name, (event) => {
      events.push({ name, ...(event as object) })
    })
  }
  const errors: unknown[] = []
  const app = FRAMEWORKS[framework]()
  for (const middleware of [sessions as Middleware, ...middlewares, router(routes)]) app.use(middleware)
  app.use((error: unknown, _request: IncomingMessage, _response: ServerResponse, next: Next) => {
    errors.push(error)
    next(error)
  })
  const server = createServer(app)
  const port = await listen(server)
  const count = (name: SessionEventName): number => events.filter((event) => event.name === name).length
  return { site: { port, sessions, events, errors, count }, server }
}

/** The same for every framework: a handler that throws or rejects ends in `next`. */
function router(routes: Routes): Middleware {
  return (request, response, next) => {
    const [path = ''] = (request.url ?? '').split('?')
    const handler = routes[path]
    if (handler === undefined) return next()
    try {
      const result: unknown = handler(request, response)
      if (result instanceof Promise) result.catch(next)
    } catch (error) {
      next(error)
    }
  }
}
