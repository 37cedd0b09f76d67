import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import request from 'supertest'
import { session } from '../../lib/index.js'
import { RESERVED } from '../../lib/session.js'
import { SECRET } from './harness.js'

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

test('the stand-in can be printed by a logger', async () => {
  for (const [, make] of APPS) {
    expect(await early(make, (early) => [JSON.stringify(early), inspect(early).includes('{'), `${String(Object.keys(early))}`])).toEqual([
      '{}',
      true,
      '',
    ])
  }
})
