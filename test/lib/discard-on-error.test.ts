import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { memoryStore, type SessionOptions, type Sessions, session } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FRAMEWORKS, type Framework, SECRET, serverOpener } from '../support/site.js'
import type { AnySession } from './harness.js'

const serve = serverOpener()

type Work = (session: AnySession, response: ServerResponse) => void

const WAYS: Readonly<Record<string, Work>> = {
  '/fine': (_, response) => void response.end('fine'),
  '/throws': () => {
    throw new Error('of the handler')
  },
  '/throws-404': () => {
    throw Object.assign(new Error('not here'), { status: 404 })
  },
  '/answers-500': (_, response) => void Object.assign(response, { statusCode: 500 }).end('failed'),
  '/answers-400': (_, response) => void Object.assign(response, { statusCode: 400 }).end('wrong'),
  '/streams-500': (_, response) => {
    response.writeHead(502).write('a')
    response.end('b')
  },
}

interface Place {
  readonly sessions: Sessions
  readonly store: ReturnType<typeof memoryStore>
  readonly browser: Browser
}

async function open(framework: Framework, options: SessionOptions, { handlesErrors = false } = {}): Promise<Place> {
  const store = memoryStore()
  const sessions = session({ secret: SECRET, store, ...options })
  const app = FRAMEWORKS[framework]()
  app.use(sessions as never)
  app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const held = request.session as AnySession
    if (pathname === '/data') return void response.end(JSON.stringify([held.toJSON(), held.info.handle]))
    const way = WAYS[pathname]
    if (way === undefined) return next()
    const doing = searchParams.get('do')
    if (doing === 'sign-in') void held.signIn('ann')
    if (doing === 'sign-out') return void held.signOut().then(() => way(held, response))
    if (doing === 'reload') {
      held.set('n', 2)
      return void held.reload().then(() => {
        held.set('m', 1)
        way(held, response)
      })
    }
    held.set('n', Number(held.get('n') ?? 0) + 1)
    way(held, response)
  })
  if (handlesErrors) app.use(sessions.errorHandler as never)
  app.use((error: unknown, _request: IncomingMessage, response: ServerResponse, _next: () => void) => {
    response.statusCode = (error as { status?: number }).status ?? 500
    response.end('an error page')
  })
  return { sessions, store, browser: new Browser(await serve(app)) }
}

async function dataOf({ browser }: Place): Promise<unknown> {
  return ((await browser.get('/data')).json() as unknown[])[0]
}

describe.each(Object.keys(FRAMEWORKS) as Framework[])('with discardOnError on %s', (framework) => {
  test.each(['/throws', '/answers-500', '/streams-500'])('a request that ends so saves nothing: %s', async (path) => {
    const place = await open(framework, { discardOnError: true })
    await place.browser.get('/fine')
    const { status, setCookie } = await place.browser.get(path)
    expect([status >= 500, setCookie]).toEqual([true, []])
    expect(await dataOf(place)).toEqual({ n: 1 })
  })

  test('no session is created, and nobody signed in, by a request that fails', async () => {
    const place = await open(framework, { discardOnError: true })
    const { status, setCookie } = await place.browser.get('/throws?do=sign-in')
    expect([status, setCookie, place.store.size]).toEqual([500, [], 0])
    await place.browser.get('/fine')
    const before = place.browser.cookies.get('sid')
    await place.browser.get('/answers-500?do=sign-in')
    expect([place.browser.cookies.get('sid'), await dataOf(place)]).toEqual([before, { n: 1 }])
  })

  test('an answer of 4xx is saved, since it may carry what the user wrote', async () => {
    const place = await open(framework, { discardOnError: true })
    await place.browser.get('/answers-400')
    expect(await dataOf(place)).toEqual({ n: 1 })
  })

  test('an error that the error handler saw saves nothing, whatever the status of its page', async () => {
    const place = await open(framework, { discardOnError: true }, { handlesErrors: true })
    await place.browser.get('/fine')
    expect((await place.browser.get('/throws-404')).status).toBe(404)
    expect(await dataOf(place)).toEqual({ n: 1 })
  })

  test('a function of the response decides', async () => {
    const place = await open(framework, { discardOnError: ({ statusCode }) => statusCode === 400 })
    await place.browser.get('/answers-400')
    expect(place.store.size).toBe(0)
    await place.browser.get('/answers-500')
    expect(await dataOf(place)).toEqual({ n: 1 })
  })

  test('a sign-out stays, since it has happened', async () => {
    const place = await open(framework, { discardOnError: true })
    await place.browser.get('/fine')
    await place.browser.get('/answers-500?do=sign-out')
    expect([place.store.size, place.browser.cookies.size]).toEqual([0, 0])
  })
})

describe('without discardOnError', () => {
  test('a request that fails saves what it changed, also where the error handler is mounted', async () => {
    const place = await open('Express 5', {}, { handlesErrors: true })
    await place.browser.get('/throws')
    expect(await dataOf(place)).toEqual({ n: 1 })
  })

  test('reload() inside a handler goes back to what is stored, and what follows is saved', async () => {
    const place = await open('Express 5', {})
    await place.browser.get('/fine')
    expect((await place.browser.get('/fine?do=reload')).status).toBe(200)
    expect(await dataOf(place)).toEqual({ n: 1, m: 1 })
  })
})

test('discardOnError is a flag or a function', () => {
  expect(() => session({ secret: SECRET, discardOnError: 'yes' as never })).toThrow(/^discardOnError: expected true or false/)
})
