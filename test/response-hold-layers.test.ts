import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import compression from 'compression'
import { Server as EngineServer } from 'engine.io'
import express5, { type ErrorRequestHandler, type RequestHandler } from 'express'
import express4 from 'express4'
import type { HoldHooks } from '../lib/hold-hooks.js'
import {
  asyncHooks,
  COOKIE,
  hold,
  hooksWith,
  later,
  listening,
  request,
  settled,
  syncHooks,
  talk,
  undated,
  withoutCookie,
} from './support/hold-exchange.js'

const BIG = 'compress me '.repeat(2000)
const failing = (): Promise<void> => later().then(() => Promise.reject(Object.assign(new Error('store down'), { status: 503 })))
const failingNow = (): never => {
  throw Object.assign(new Error('store down'), { status: 503 })
}
const gzip = request({ headers: ['Accept-Encoding: gzip'] })

/** In an Express application a refused response goes to `next`. */
function middleware(hooks: () => HoldHooks): RequestHandler {
  return (_req, res, next) => {
    hold(res, { ...hooks(), onRefused: next, onCut: () => {} })
    next()
  }
}

const before = (hooks: () => HoldHooks): RequestHandler[] => [compression(), middleware(hooks)]
const after = (hooks: () => HoldHooks): RequestHandler[] => [middleware(hooks), compression()]
const bare = (): RequestHandler[] => [compression()]

const errorPage: ErrorRequestHandler = (error: Error, _req, res, _next) => void res.status(503).type('text').send(`page: ${error.message}`)

/** Node cuts a compressed body into chunks by the time at which it comes; what matters is the head and the text. */
async function visit(
  stack: RequestHandler[],
  handler: RequestHandler,
  make = express5,
): Promise<{ head: string; body: string; cookies: number }> {
  const app = make()
  app.use(...stack)
  app.get('/', handler)
  app.use(errorPage)
  await using server = await listening(app as RequestListener)
  const { bytes, cookies } = withoutCookie(undated(await talk(server.port, gzip)))
  const at = bytes.indexOf('\r\n\r\n') + 4
  return { head: bytes.slice(0, at), body: textOf(bytes.slice(0, at), bytes.slice(at)), cookies }
}

function textOf(head: string, raw: string): string {
  const body = head.includes('chunked') ? unchunked(raw) : raw
  return head.includes('gzip') ? gunzipSync(Buffer.from(body, 'latin1')).toString() : body
}

function unchunked(raw: string): string {
  const size = Number.parseInt(raw, 16)
  const start = raw.indexOf('\r\n') + 2
  return size > 0 ? raw.slice(start, start + size) + unchunked(raw.slice(start + size + 2)) : ''
}

const HANDLERS: [string, RequestHandler][] = [
  ['a body to compress', (_req, res) => void res.type('text').send(BIG)],
  ['a body too small to compress', (_req, res) => void res.type('text').send('small')],
  [
    'a stream',
    (_req, res) => {
      res.type('text').write(BIG)
      setImmediate(() => {
        res.write(BIG)
        res.end('end')
      })
    },
  ],
  ['writeHead and end', (_req, res) => void res.writeHead(200, { 'Content-Type': 'text/plain' }).end(BIG)],
  ['a redirect', (_req, res) => void res.redirect('/elsewhere')],
  ['a JSON answer', (_req, res) => void res.json({ answer: BIG })],
]

for (const [version, make] of [
  ['Express 5', express5],
  ['Express 4', express4],
] as const) {
  for (const [place, stack] of [
    ['before', before],
    ['after', after],
  ] as const) {
    test.each(HANDLERS)(`${version}, compression mounted ${place} the hold: %s leaves as without the hold`, async (_name, handler) => {
      const expected = { ...(await visit(bare(), handler, make)), cookies: 1 }
      expect(await visit(stack(syncHooks), handler, make)).toEqual(expected)
      expect(await visit(stack(asyncHooks), handler, make)).toEqual(expected)
    })

    for (const [how, commit] of [
      ['at once', failingNow],
      ['later', failing],
    ] as const) {
      test(`${version}, compression mounted ${place} the hold: a commit that fails ${how} leaves the response to the error handler`, async () => {
        for (const body of ['small', BIG]) {
          const answer = await visit(
            stack(() => hooksWith({ beforeFirstByte: commit })),
            (_req, res) => void res.type('text').send(body),
            make,
          )
          expect(answer.head).toMatch(/^HTTP\/1.1 503 [\s\S]*no-store/)
          expect(answer.head).not.toMatch(/gzip/)
          // Of a big body that is compressed above the hold, the hold may have seen no end yet.
          const plain = place === 'after' && body === BIG ? '|Service Unavailable' : ''
          expect(answer.body).toMatch(new RegExp(`^(page: store down${plain})$`))
        }
      })
    }
  }
}

test('what compression still has inside when a first write fails does not disturb the plain answer', async () => {
  for (const stack of [before, after]) {
    const answer = await visit(
      stack(() => hooksWith({ beforeFirstByte: failing })),
      (_req, res) => {
        res.type('text').write(BIG)
        ;(res as typeof res & { flush(): void }).flush()
        void later()
          .then(later)
          .then(later)
          .then(() => (res.write(BIG), res.end()))
      },
    )
    expect(answer.body).toMatch(/Service Unavailable|page: store down/)
  }
})

test('Express answers a refused response itself if the application has no error handler', async () => {
  const app = express5()
    .set('env', 'test')
    .use(middleware(() => hooksWith({ beforeFirstByte: failing })))
  app.get('/', (_req, res) => void res.send('secret'))
  await using server = await listening(app as RequestListener)
  expect(await talk(server.port, request())).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n/)
})

const MODES: [string, () => HoldHooks][] = [
  ['at once', syncHooks],
  ['later', asyncHooks],
]

for (const [outerMode, outer] of MODES) {
  test.each(MODES)(
    `two holds on one response both commit before the first byte, the outer one ${outerMode}, the inner one %s`,
    async (_mode, inner) => {
      for (const [, handler] of HANDLERS) {
        const expected = await visit(bare(), handler)
        const stack = [middleware(outer), compression(), middleware(inner)]
        expect(await visit(stack, handler)).toEqual({ ...expected, cookies: 2 })
      }
    },
  )

  test(`a response that the inner hold refuses is still committed by the outer one, ${outerMode}`, async () => {
    for (const commit of [failing, failingNow]) {
      const stack = [middleware(outer), middleware(() => hooksWith({ beforeFirstByte: commit }))]
      const answer = await visit(stack, (_req, res) => void res.send('secret'))
      expect([answer.body, answer.cookies]).toEqual(['page: store down', 1])
    }
  })

  test(`a response that the outer hold refuses is answered once, whatever the inner one does ${outerMode}`, async () => {
    for (const commit of [failing, failingNow]) {
      const stack = [middleware(() => hooksWith({ beforeFirstByte: commit })), middleware(outer)]
      const answer = await visit(stack, (_req, res) => void res.send('secret'))
      expect(answer.body).toBe('page: store down')
    }
  })
}

test('Engine.IO: an upgrade gets the cookie of a synchronous commit, and is not held up by another', async () => {
  for (const [hooks, cookies] of [
    [syncHooks, 1],
    [asyncHooks, 0],
    [() => hooksWith({ beforeFirstByte: failingNow }), 0],
  ] as const) {
    const engine = new EngineServer({ transports: ['websocket'] })
    const errors: unknown[] = []
    engine.use((_req: unknown, res: unknown, next: () => void) => {
      hold(res as Parameters<typeof hold>[0], { ...hooks(), onCut: (error) => errors.push(error) })
      next()
    })
    engine.on('headers', (headers: object) => Object.assign(headers, {}))
    const server = createServer()
    engine.attach(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const upgrade = [
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
    ]
    socket.write(`GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n${upgrade.join('\r\n')}\r\n\r\n`)
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    expect(bytes.toString()).toMatch(/^HTTP\/1.1 101 /)
    expect(bytes.toString().split(COOKIE)).toHaveLength(cookies + 1)
    await settled()
    expect(errors).toHaveLength(hooks === syncHooks || hooks === asyncHooks ? 0 : 1)
    socket.destroy()
    engine.close()
    await new Promise((resolve) => server.close(resolve))
  }
})
