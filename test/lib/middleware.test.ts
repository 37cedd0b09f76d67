import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { memoryStore, type SessionStore, session } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore, promised } from '../support/faulty-store.js'
import { answer, FRAMEWORKS, type Framework, type Middleware, serverOpener, siteOpener } from '../support/site.js'
import { type AnySession, SECRET } from './harness.js'

const openSite = siteOpener()
const serve = serverOpener()

const count: (request: IncomingMessage, response: ServerResponse) => void = (request, response) => {
  const session = request.session as AnySession
  session.n = (session.n ?? 0) + 1
  answer(response, session.n)
}

/** The store, with answers that are no promises and have a `then`, as a query builder's. */
function thenable(store: SessionStore): SessionStore {
  for (const method of ['create', 'load', 'update'] as const) {
    const ask = store[method].bind(store) as (...args: unknown[]) => unknown
    Object.assign(store, {
      [method]: (...args: unknown[]) => {
        const answer = Promise.resolve(ask(...args))
        // biome-ignore lint/suspicious/noThenProperty: this is what makes it one
        return { then: answer.then.bind(answer) }
      },
    })
  }
  return store
}

describe('the middleware', () => {
  test.each(Object.keys(FRAMEWORKS) as Framework[])('counts in %s', async (framework) => {
    for (const store of [memoryStore(), promised(memoryStore())]) {
      const { port } = await openSite({ framework, options: { store }, routes: { '/': count } })
      const browser = new Browser(port)
      expect([(await browser.get('/')).json(), (await browser.get('/')).json(), (await new Browser(port).get('/')).json()]).toEqual([
        1, 2, 1,
      ])
    }
  })

  test.each(Object.keys(FRAMEWORKS) as Framework[])('in %s takes whatever has a then for a promise of the store', async (framework) => {
    const { port } = await openSite({
      framework,
      options: { store: thenable(memoryStore()) },
      routes: { '/': count },
    })
    const browser = new Browser(port)
    expect([(await browser.get('/')).json(), (await browser.get('/')).json()]).toEqual([1, 2])
  })

  test('counts with bare node:http', async () => {
    const sessions = session({ secret: SECRET })
    const browser = new Browser(await serve((request, response) => sessions(request, response, () => count(request, response))))
    expect([(await browser.get('/')).json(), (await browser.get('/')).json()]).toEqual([1, 2])
  })

  test.each(Object.keys(FRAMEWORKS) as Framework[])('mounted twice in %s works once', async (framework) => {
    const store = new FaultyStore(memoryStore())
    const sessions = session({ secret: SECRET, store })
    const app = FRAMEWORKS[framework]()
    for (const middleware of [sessions, sessions, count, sessions]) app.use(middleware as Middleware)
    const browser = new Browser(await serve(app))
    expect([(await browser.get('/')).json(), (await browser.get('/')).json()]).toEqual([1, 2])
    expect(store.calls).toEqual(['create', 'load', 'update'])
  })

  test('goes on in the same tick if the store answers without a promise', async () => {
    const sessions = session({ secret: SECRET })
    let sameTick = false
    const port = await serve((request, response) => {
      let within = true
      sessions(request, response, () => {
        sameTick = within
        response.end()
      })
      within = false
    })
    await new Browser(port).get('/')
    expect(sameTick).toBe(true)
  })

  test('passes an error of the store to next, with status 503, and calls next once', async () => {
    for (const how of ['throw', 'reject'] as const) {
      const store = new FaultyStore(memoryStore())
      const { port, errors, events } = await openSite({ framework: 'Express 5', options: { store }, routes: { '/': count } })
      const browser = new Browser(port)
      await browser.get('/')
      store.fail('load', how)
      expect((await browser.get('/')).status).toBe(503)
      expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORE', operation: 'load' })])
      expect(events.filter(({ name }) => name === 'storeError')).toHaveLength(1)
      expect((await browser.get('/')).json()).toBe(2)
    }
  })

  test('keeps two session cookies of one application apart', async () => {
    const [users, admins] = [session({ secret: SECRET, key: 'sid' }), session({ secret: SECRET, key: 'admin' })]
    const app = FRAMEWORKS['Connect']()
    app.use(users as Middleware)
    app.use((async (request, response) => {
      const user = await users.of(request)
      admins(request, response, async () => {
        const admin = await admins.of(request)
        user.set('who', 'user')
        admin.set('who', 'admin')
        response.end()
      })
    }) as Middleware)
    const { setCookie } = await new Browser(await serve(app)).get('/')
    expect(setCookie.map((line) => line.split('=', 1)[0]).sort()).toEqual(['admin', 'sid'])
  })
})

describe('a request without a session', () => {
  test('costs the store nothing and the client no cookie (T-17, promise 9)', async () => {
    const store = new FaultyStore(memoryStore())
    const { port } = await openSite({
      framework: 'Express 5',
      options: { store },
      routes: { '/': (request, response) => answer(response, request.session.get('n') ?? 0) },
    })
    const answers = await Promise.all(Array.from({ length: 100 }, () => new Browser(port).get('/')))
    expect(answers.every(({ setCookie, status }) => setCookie.length === 0 && status === 200)).toBe(true)
    expect(store.calls).toEqual([])
  })
})
