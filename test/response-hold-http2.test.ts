import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ClientHttp2Stream, connect, createServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import type { HoldHooks } from '../lib/hold-hooks.js'
import { asyncHooks, COOKIE, type Handler, hold, hooksWith, later, pendingCommit, settled, syncHooks } from './support/hold-exchange.js'

interface Answer {
  headers: Record<string, unknown>
  informational: unknown[]
  body: string
  code: number
}

async function ask(
  handler: Handler,
  hooks?: () => HoldHooks,
  method = 'GET',
  onStream: (stream: ClientHttp2Stream) => void = () => {},
): Promise<Answer> {
  const server = createServer((req: Http2ServerRequest, res: Http2ServerResponse) => {
    // As Connect sees it.
    const [request, response] = [req as unknown as IncomingMessage, res as unknown as ServerResponse]
    if (hooks) hold(response, hooks())
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const client = connect(`http://localhost:${(server.address() as AddressInfo).port}`)
  try {
    const stream = client.request({ ':path': '/', ':method': method })
    const answer: Answer = { headers: {}, informational: [], body: '', code: 0 }
    stream.on('headers', (headers) => answer.informational.push(headers[':status']))
    stream.on('response', (headers) => (answer.headers = { ...headers, date: 'now' }))
    stream.setEncoding('utf8').on('data', (part) => (answer.body += part))
    stream.on('error', () => {})
    onStream(stream)
    stream.end()
    await once(stream, 'close').catch(() => {})
    answer.code = stream.rstCode
    return answer
  } finally {
    client.destroy()
    server.close()
  }
}

function withoutCookie(answer: Answer): { answer: Answer; cookies: number } {
  const all = (answer.headers['set-cookie'] ?? []) as string[]
  const { 'set-cookie': _dropped, ...headers } = answer.headers
  const others = all.filter((cookie) => cookie !== COOKIE)
  const kept = others.length > 0 ? { ...headers, 'set-cookie': others } : headers
  return { answer: { ...answer, headers: kept }, cookies: all.length - others.length }
}

const HANDLERS: [string, Handler][] = [
  ['end()', (_, res) => void res.end()],
  ['end(text)', (_, res) => void res.end('hello')],
  ['end(text, encoding, callback)', (_, res) => void res.end('68656c6c6f', 'hex', () => {})],
  ['write, end', (_, res) => (res.write('one'), res.write(Buffer.from('two')), void res.end('three'))],
  ['write, later end', (_, res) => (res.write('one'), void setImmediate(() => res.end('two')))],
  ['write(callback)', (_, res) => void res.write('one', () => res.end('two'))],
  ['flushHeaders, end', (_, res) => (res.flushHeaders(), void res.end('x'))],
  ['writeHead(object)', (_, res) => void res.writeHead(201, { 'X-A': '1', 'Set-Cookie': ['a=1', 'b=2'] }).end('x')],
  ['writeHead(array)', (_, res) => void res.writeHead(200, ['X-A', '1', 'Set-Cookie', 'b=2']).end('x')],
  ['setHeader, writeHead', (_, res) => (res.setHeader('x-a', '1'), void res.writeHead(200, { 'x-a': '2', 'x-b': '3' }).end('x'))],
  ['writeHead, later end', (_, res) => (res.writeHead(200, { 'x-a': '1' }), void setImmediate(() => res.end('x')))],
  ['204', (_, res) => void res.writeHead(204).end()],
  ['304', (_, res) => ((res.statusCode = 304), void res.end())],
  ['early hints', (_, res) => (res.writeEarlyHints({ link: '</a.css>; rel=preload' }), void res.end('x'))],
  ['trailers', (_, res) => (res.write('one'), res.addTrailers({ 'x-sum': '1' }), void res.end())],
  ['pipe', (_, res) => void Readable.from(['one', 'two']).pipe(res)],
  [
    'pipeline of many chunks',
    (_, res) => void pipeline(Readable.from(Array.from({ length: 300 }, () => 'many '.repeat(400))), res, () => {}),
  ],
]

for (const [mode, hooks] of [
  ['at once', syncHooks],
  ['after a wait', asyncHooks],
] as const) {
  for (const method of ['GET', 'HEAD']) {
    test.each(HANDLERS)(
      `T-66: over HTTP/2 a commit done ${mode} leaves ${method} answers as they are and adds one cookie: %s`,
      async (_name, handler) => {
        const bare = await ask(handler, undefined, method)
        expect(withoutCookie(await ask(handler, hooks, method))).toEqual({ answer: bare, cookies: 1 })
      },
    )
  }
}

test.each(HANDLERS)('over HTTP/2 no byte leaves before the commit: %s', async (_name, handler) => {
  const commit = pendingCommit()
  let heads = 0
  const done = ask(
    handler,
    () => hooksWith({ beforeFirstByte: commit.commit }),
    'GET',
    (stream) => void stream.on('response', () => (heads += 1)),
  )
  await commit.asked
  await settled()
  expect(heads).toBe(0)
  commit.succeed()
  expect((await done).headers[':status']).toBeDefined()
  expect(commit.calls).toBe(1)
})

test('over HTTP/2 a held response looks to the handler like one that Node has taken', async () => {
  const seen: unknown[] = []
  const handler: Handler = (_, res) => {
    expect(res.end('hello')).toBe(res)
    seen.push(res.headersSent, res.writableEnded, res.finished, res.writableFinished)
    for (const attempt of [() => res.setHeader('a', 'b'), () => res.removeHeader('a'), () => res.writeHead(500)]) {
      try {
        attempt()
      } catch (error) {
        seen.push((error as NodeJS.ErrnoException).code)
      }
    }
    res.statusCode = 500
  }
  const answer = await ask(handler, asyncHooks)
  expect(answer.headers[':status']).toBe(200)
  expect(seen).toEqual([true, true, true, false, ...Array<string>(3).fill('ERR_HTTP2_HEADERS_SENT')])
})

test('over HTTP/2 a held write asks for patience and drains once', async () => {
  const seen: unknown[] = []
  const handler: Handler = (_, res) => {
    res.on('drain', () => {
      seen.push('drain')
      setImmediate(() => res.end())
    })
    seen.push(
      res.write('a', () => seen.push('a')),
      res.write('b', () => seen.push('b')),
    )
  }
  expect((await ask(handler, asyncHooks)).body).toBe('ab')
  expect(seen.toSorted()).toEqual(['a', 'b', 'drain', false, false])
})

test.each([[null], [5], [{}]])('over HTTP/2 a chunk that Node refuses is refused before any commit: %p', async (chunk) => {
  const commit = pendingCommit()
  const codes: unknown[] = []
  const attempt = (res: ServerResponse): void => {
    try {
      res.write(chunk)
    } catch (error) {
      codes.push((error as NodeJS.ErrnoException).code)
    }
  }
  await ask((_, res) => (attempt(res), void res.end()))
  await ask(
    (_, res) => {
      attempt(res)
      expect(commit.calls).toBe(0)
      commit.succeed()
      res.end()
    },
    () => hooksWith({ beforeFirstByte: commit.commit }),
  )
  expect(codes[1]).toBe(codes[0])
})

const down = (): Promise<void> => later().then(() => Promise.reject(new Error('store down')))
const downNow = (): never => {
  throw new Error('store down')
}

for (const [how, commit] of [
  ['at once', downNow],
  ['later', down],
] as const) {
  test(`over HTTP/2 a response whose commit fails ${how} is refused, as it was at entry`, async () => {
    const handler: Handler = (_, res) => {
      res.setHeader('x-before', '1')
      hold(
        res,
        hooksWith({
          beforeFirstByte: commit,
          onRefused: () => {
            expect([res.headersSent, res.writableEnded, res.statusCode, res.getHeaderNames()]).toEqual([
              false,
              false,
              200,
              ['x-before', 'cache-control'],
            ])
            res.statusCode = 503
            res.write('error ')
            res.end('page')
          },
        }),
      )
      res.setHeader('etag', '"1"')
      res.writeHead(201, { 'x-secret': '1' })
      res.write('secret')
      expect(res.end('secret')).toBe(res)
    }
    const answer = await ask(handler)
    expect(answer).toMatchObject({ body: 'error page', code: 0, headers: { ':status': 503, 'x-before': '1', 'cache-control': 'no-store' } })
    expect(answer.headers).not.toHaveProperty('x-secret')
    expect(answer.headers).not.toHaveProperty('etag')
  })

  test(`over HTTP/2 a first write whose commit fails ${how} is answered with a plain 503, and the rest is swallowed`, async () => {
    const called: unknown[] = []
    const handler: Handler = (_, res) => {
      res.write('secret', (error) => called.push(error?.message))
      void settled().then(() => called.push(res.write('more'), res.end() === res))
    }
    const answer = await ask(handler, () => hooksWith({ beforeFirstByte: commit, onCut: (error) => called.push((error as Error).message) }))
    expect(answer).toMatchObject({ body: 'Service Unavailable', headers: { ':status': 503 } })
    await settled()
    expect(called).toEqual(['store down', 'the response was refused: its session could not be saved', true, true])
  })

  test(`over HTTP/2 a stream whose last commit fails ${how} is reset`, async () => {
    const cut: unknown[] = []
    const handler: Handler = (_, res) => void res.write('first', () => res.end('last'))
    const answer = await ask(handler, () => hooksWith({ beforeEnd: commit, onCut: (error) => cut.push(error) }))
    expect(answer).toMatchObject({ code: 2 })
    expect(answer.body).not.toContain('last')
    expect(cut).toHaveLength(1)
  })
}

test('over HTTP/2 the end of a stream waits for its own commit', async () => {
  const end = pendingCommit()
  let body = ''
  const handler: Handler = (_, res) => void res.write('first', () => res.end('last'))
  const done = ask(
    handler,
    () => hooksWith({ beforeEnd: end.commit }),
    'GET',
    (stream) => void stream.on('data', (part) => (body += part)),
  )
  await end.asked
  await settled()
  expect(body).toBe('first')
  end.succeed()
  expect((await done).body).toBe('firstlast')
})

test('over HTTP/2 a client that goes during the hold harms nothing', async () => {
  const commit = pendingCommit()
  const released: string[] = []
  const handler: Handler = (_, res) => (res.write('a'), void res.end('b'))
  const hooks = (): HoldHooks => hooksWith({ beforeFirstByte: commit.commit, onReleased: () => released.push('released') })
  await ask(handler, hooks, 'GET', (stream) => void commit.asked.then(() => stream.close(8)))
  await settled()
  commit.succeed()
  await settled()
  expect(released).toEqual(['released'])
})

test('over HTTP/2 two holds both commit before the first byte', async () => {
  for (const [outer, inner] of [
    [syncHooks, asyncHooks],
    [asyncHooks, syncHooks],
    [asyncHooks, asyncHooks],
  ] as const) {
    for (const [, handler] of HANDLERS) {
      const bare = await ask(handler)
      const twice: Handler = (req, res) => (hold(res, outer()), hold(res, inner()), handler(req, res))
      expect(withoutCookie(await ask(twice))).toEqual({ answer: bare, cookies: 2 })
    }
  }
})
