import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import request from 'supertest'
import { memoryStore, session } from '../../lib/index.js'
import { RESERVED } from '../../lib/session.js'
import { FaultyStore } from '../support/faulty-store.js'
import { appOf, cookieOf, SECRET, stored } from './harness.js'

// Node's modules are shared by all test files of a worker: what stands there may belong to the copy of another file.
Reflect.deleteProperty(IncomingMessage.prototype, 'session')

type App = ReturnType<typeof express>

const APPS: readonly (readonly [string, () => App])[] = [
  ['Express 5', () => express()],
  ['Express 4', () => express4() as App],
]

/** What a route before the middleware meets; the middleware comes later in the same application. */
async function early(make: () => App, work: (session: never) => unknown): Promise<unknown> {
  let outcome: unknown
  const app = make()
  app.get('/', (req, res) => {
    try {
      outcome = work(req.session as never)
    } catch (error) {
      outcome = error
    }
    res.end()
  })
  app.use(session({ secret: SECRET }))
  await request(app).get('/').expect(200)
  return outcome
}

describe.each(APPS)('a route of %s that comes before the middleware', (_, make) => {
  test('learns from every method what is wrong and what to do', async () => {
    for (const name of RESERVED) {
      // What a logger that prints the session calls.
      if (name === 'toJSON') continue
      const error = await early(make, (early) => (early as Record<string, unknown>)[name])
      expect(error).toMatchObject({ code: 'ERR_SESSION_MISSING', status: 500 })
      expect((error as Error).message).toBe(
        `req.session.${name}: the session middleware has not run for this request; move app.use(session(…)) above this route`,
      )
    }
  })

  test('learns it from an assignment and a deletion, too', async () => {
    for (const work of [(early: never) => Object.assign(early, { cart: 1 }), (early: { cart?: 1 }) => delete early.cart]) {
      expect(await early(make, work as never)).toMatchObject({ code: 'ERR_SESSION_MISSING' })
    }
  })

  test('reads undefined for data, so that a logger does no harm', async () => {
    expect(await early(make, (early: { userId?: string } | undefined) => early?.userId ?? 'nothing')).toBe('nothing')
    expect(await early(make, (early: object) => [typeof early, Object.keys(early), 'userId' in early])).toEqual(['object', [], false])
  })

  test('finds the middleware inside a router, too', async () => {
    let code: unknown
    const app = make()
    app.get('/', (req, res) => {
      try {
        req.session.get('a')
      } catch (error) {
        code = (error as { code: string }).code
      }
      res.end()
    })
    const router = express.Router()
    router.use(session({ secret: SECRET }))
    app.use('/inner', router)
    await request(app).get('/').expect(200)
    expect(code).toBe('ERR_SESSION_MISSING')
  })
})

describe('everybody else', () => {
  test.each(APPS)(
    'sees undefined in an application of %s without the middleware, and may put a session of its own there',
    async (_, make) => {
      session({ secret: SECRET })
      const app = make()
      app.use((req, _res, next) => {
        expect(req.session).toBeUndefined()
        ;(req as { session?: unknown }).session = { own: true }
        next()
      })
      app.get('/', (req, res) => void res.json([req.session, Object.keys(req).includes('session')]))
      expect((await request(app).get('/')).body).toEqual([{ own: true }, true])
    },
  )

  test('sees undefined with Connect and on a bare request', async () => {
    session({ secret: SECRET })
    const app = connect()
    let seen: unknown = 'nothing'
    app.use((req, res) => {
      seen = req.session
      res.end()
    })
    await request(app).get('/')
    expect([seen, new IncomingMessage(new Socket()).session]).toEqual([undefined, undefined])
  })

  test('can redefine the property, as other session libraries do', () => {
    const bare = new IncomingMessage(new Socket())
    Object.defineProperty(bare, 'session', { get: () => 'mine', configurable: true })
    expect(bare.session).toBe('mine')
  })
})

describe('a request whose session could not be loaded', () => {
  const LOAD_FAILED = 'the session could not be loaded, which is the error that this request ended with'

  async function failed(work: (request: IncomingMessage) => unknown, make: () => App = express): Promise<unknown> {
    const store = new FaultyStore(memoryStore())
    const app = appOf({ store })
    const cookie = cookieOf(app, await stored(store, { userId: 'ann' }))
    let outcome: unknown
    const site = make()
    site.use(session({ secret: SECRET, store }))
    site.use(((_error, req, res, _next) => {
      try {
        outcome = work(req)
      } catch (error) {
        outcome = error
      }
      res.status(503).end()
    }) as express.ErrorRequestHandler)
    store.fail('load', 'reject')
    await request(site).get('/').set('Cookie', cookie).expect(503)
    return outcome
  }

  test.each(APPS)('reads as empty in the error handler of %s, so that a logger may ask who it was', async (_, make) => {
    expect(await failed((req) => [req.session?.userId, 'userId' in req.session, JSON.stringify(req.session)], make)).toEqual([
      undefined,
      false,
      '{}',
    ])
  })

  test('says that it could not be loaded to whoever goes further, and not that the middleware is missing', async () => {
    for (const name of RESERVED) {
      if (name === 'toJSON') continue
      expect(await failed((req) => req.session[name])).toMatchObject({
        code: 'ERR_SESSION_MISSING',
        message: `req.session.${name}: ${LOAD_FAILED}`,
      })
    }
    expect(
      await failed((req) => {
        req.session.cart = 1
      }),
    ).toMatchObject({ code: 'ERR_SESSION_MISSING', message: `req.session.cart: ${LOAD_FAILED}` })
  })
})

test('a request that stands on another one (GraphQL, tRPC and test doubles make such) has its session', async () => {
  const app = express()
  app.use(session({ secret: SECRET }))
  app.get('/', (req, res) => {
    const derived: IncomingMessage = Object.create(Object.create(req))
    derived.session.set('n', 1)
    res.json([derived.session === req.session, req.session.get('n'), Object.hasOwn(derived, 'session')])
  })
  expect((await request(app).get('/')).body).toEqual([true, 1, false])
})

test('the stand-in can be printed by a logger', async () => {
  for (const [, make] of APPS) {
    expect(await early(make, (early) => [JSON.stringify(early), inspect(early).includes('{'), `${String(Object.keys(early))}`])).toEqual([
      '{}',
      true,
      '',
    ])
  }
})
