import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import {
  answerTo,
  type Handler,
  hold,
  hooksWith,
  later,
  listening,
  pendingCommit,
  request,
  settled,
  talk,
  undated,
} from './support/hold-exchange.js'

class StoreDown extends Error {
  readonly status: number = 503
}

const FAILURES: [string, () => Promise<void>][] = [
  [
    'a throw',
    () => {
      throw new StoreDown()
    },
  ],
  ['a rejection', () => Promise.reject(new StoreDown())],
  ['a late rejection', () => later().then(() => Promise.reject(new StoreDown()))],
]

/** Missing in the types of Node 20. */
function rawNames(res: ServerResponse): unknown {
  return (Reflect.get(res, 'getRawHeaderNames') as () => string[]).call(res)
}

/** As Express would: the middleware before has set some headers, the error handler answers. */
function refusing(commit: () => Promise<void>, handler: Handler, seen: unknown[] = []): Handler {
  return (req, res) => {
    res.setHeader('X-Powered-By', 'Test')
    res.setHeader('Set-Cookie', ['before=1'])
    hold(
      res,
      hooksWith({
        beforeFirstByte: commit,
        onRefused: (error) => {
          seen.push(error, res.headersSent, res.writableEnded, rawNames(res), res.statusCode, res.statusMessage)
          res.statusCode = 503
          res.end('error page')
        },
        onCut: (error) => seen.push('cut', error),
      }),
    )
    handler(req, res)
  }
}

const ENDED: [string, Handler][] = [
  ['end', (_, res) => void res.end('secret')],
  [
    'end after many headers',
    (_, res) => {
      res.statusCode = 201
      res.statusMessage = 'Made'
      res.appendHeader('Set-Cookie', 'after=1')
      res.setHeaders(
        new Map([
          ['ETag', '"1"'],
          ['Content-Length', '6'],
          ['Content-Encoding', 'x'],
        ]),
      )
      res.removeHeader('Date')
      res.end('secret')
    },
  ],
  ['writeHead(204) and end', (_, res) => void res.writeHead(204, { Connection: 'close', 'X-Secret': '1' }).end()],
  ['writeHead with an array', (_, res) => void res.writeHead(200, 'Fine', ['X-Secret', '1', 'Transfer-Encoding', 'chunked']).end('secret')],
  [
    'end without Content-Length or Transfer-Encoding',
    (_, res) => {
      res.removeHeader('Content-Length')
      res.removeHeader('Transfer-Encoding')
      res.end('secret')
    },
  ],
  ['write and end in one turn', (_, res) => (res.write('secret'), void res.end('secret'))],
  ['cork, writes, end', (_, res) => (res.cork(), res.write('secret'), res.write('secret'), void res.end())],
  ['flushHeaders and end', (_, res) => (res.flushHeaders(), void res.end())],
]

for (const [how, commit] of FAILURES) {
  test.each(ENDED)(`a response whose commit fails by ${how} is not sent, and starts anew as it was: %s`, async (_name, handler) => {
    const seen: unknown[] = []
    const page: Handler = (_, res) => {
      res.setHeader('X-Powered-By', 'Test')
      res.setHeader('Set-Cookie', ['before=1'])
      res.setHeader('Cache-Control', 'no-store')
      res.statusCode = 503
      res.end('error page')
    }
    const [expected, answer] = [await answerTo(page), await answerTo(refusing(commit, handler, seen))]
    expect(answer).toBe(expected)
    expect(seen).toEqual([expect.any(StoreDown), false, false, ['X-Powered-By', 'Set-Cookie', 'Cache-Control'], 200, undefined])
  })
}

test.each(FAILURES)(
  'a header that the handler removed is back when the commit fails by %s, its name perhaps in lower case',
  async (_how, commit) => {
    const removing: Handler = (_, res) => {
      res.removeHeader('X-Powered-By')
      res.end('secret')
    }
    const answer = await answerTo(refusing(commit, removing, []))
    expect(answer.toLowerCase()).toContain('\r\nx-powered-by: test\r\n')
    expect(answer).not.toContain('secret')
  },
)

test('the handler has returned before its response is refused, and end throws nothing', async () => {
  const order: string[] = []
  await answerTo((_, res) => {
    const commit = (): never => {
      throw new StoreDown()
    }
    hold(
      res,
      hooksWith({
        beforeFirstByte: commit,
        onRefused: () => {
          order.push('refused')
          res.end()
        },
      }),
    )
    expect(res.end('secret')).toBe(res)
    order.push('returned')
  })
  expect(order).toEqual(['returned', 'refused'])
})

test('the error page is not held and commits nothing', async () => {
  const commit = pendingCommit()
  const released: string[] = []
  const handler: Handler = (_, res) => {
    const hooks = hooksWith({ beforeFirstByte: commit.commit, onRefused: () => void res.writeHead(500).write('page', () => res.end()) })
    hold(res, { ...hooks, onReleased: () => released.push('released') })
    res.end('secret')
    commit.fail(new StoreDown())
  }
  expect(await answerTo(handler)).toMatch(/^HTTP\/1.1 500 [\s\S]*no-store[\s\S]*page\r\n0\r\n\r\n$/)
  expect([commit.calls, released]).toEqual([1, []])
})

test('the connection lives on after a refused response', async () => {
  await using server = await listening(
    refusing(
      () => Promise.reject(new StoreDown()),
      (_, res) => void res.end('secret'),
    ),
  )
  const bytes = await talk(server.port, request({ close: false }) + request({ close: false }) + request())
  expect(bytes.match(/error page/g)).toHaveLength(3)
})

test('a handler that throws before any output leaves the response to the error handler, whose answer is held and committed', async () => {
  const commit = pendingCommit()
  const handler: Handler = (_, res) => {
    hold(res, hooksWith({ beforeFirstByte: commit.commit }))
    res.setHeader('X-A', '1')
    commit.succeed()
    res.writeHead(500).end('error page')
  }
  expect(await answerTo(handler)).toMatch(/^HTTP\/1.1 500 [\s\S]*X-A: 1[\s\S]*Set-Cookie: sid=held/)
  expect(commit.calls).toBe(1)
})

function endless(): Readable {
  return new Readable({
    read() {
      setImmediate(() => this.push('secret'))
    },
  })
}

const UNENDED: [string, (res: ServerResponse) => unknown][] = [
  ['write', (res) => res.write('secret')],
  ['flushHeaders', (res) => res.flushHeaders()],
  ['writeHead and write', (res) => res.writeHead(200, { 'X-Secret': '1', 'Content-Length': '6' }).write('secret')],
  ['corked writes', (res) => (res.cork(), res.write('secret'), res.write('secret'))],
  ['a stream', (res) => endless().pipe(res)],
]

for (const [how, commit] of FAILURES) {
  test.each(UNENDED)(
    `a first output whose commit fails by ${how}, while the handler goes on, is answered with a plain 503: %s`,
    async (_name, start) => {
      const seen: unknown[] = []
      const answer = await answerTo(refusing(commit, (_, res) => void start(res), seen))
      expect(answer).toBe(
        [
          'HTTP/1.1 503 Service Unavailable',
          'X-Powered-By: Test',
          'Set-Cookie: before=1',
          'Cache-Control: no-store',
          'Retry-After: 1',
          'Content-Type: text/plain; charset=utf-8',
          'Content-Length: 19',
          'Date: now',
          'Connection: close',
          '',
          'Service Unavailable',
        ].join('\r\n'),
      )
      expect(seen).toEqual(['cut', expect.any(StoreDown)])
    },
  )
}

test('the plain answer has the status of the error', async () => {
  const error = Object.assign(new Error(), { status: 507 })
  expect(
    await answerTo(
      refusing(
        () => Promise.reject(error),
        (_, res) => void res.flushHeaders(),
      ),
    ),
  ).toMatch(/^HTTP\/1.1 507 Insufficient Storage/)
})

test('what the handler writes after the plain answer leads nowhere, calls back and throws nothing', async () => {
  const called: unknown[] = []
  const cut = pendingCommit()
  const handler: Handler = (_, res) => {
    hold(res, hooksWith({ beforeFirstByte: () => Promise.reject(new StoreDown()), onCut: () => cut.succeed() }))
    res.write('secret')
    void cut.commit().then(() => {
      called.push(
        res.write('more', (error) => called.push(error)),
        res.write('much more'.repeat(10_000)),
      )
      called.push(res.end('last', () => called.push('ended')) === res)
    })
  }
  expect(await answerTo(handler)).toMatch(/Unavailable$/)
  await settled()
  expect(called).toEqual([true, false, true, undefined, 'ended'])
})

test('a pipe into the plain answer is detached', async () => {
  const source = endless()
  const handler: Handler = (_, res) => {
    hold(res, hooksWith({ beforeFirstByte: () => later().then(() => Promise.reject(new StoreDown())), onCut: () => {} }))
    source.pipe(res)
  }
  expect(await answerTo(handler)).toMatch(/Unavailable$/)
  expect([source.listenerCount('data'), source.readableFlowing]).toEqual([0, false])
})

test('a pipeline into the plain answer comes to its end', async () => {
  const cut = pendingCommit()
  async function* source(): AsyncGenerator<string> {
    yield 'secret'
    await cut.commit()
    yield 'secret'
  }
  const done = pendingCommit()
  const handler: Handler = (_, res) => {
    hold(res, hooksWith({ beforeFirstByte: () => Promise.reject(new StoreDown()), onCut: () => cut.succeed() }))
    pipeline(source, res, () => done.succeed())
  }
  expect(await answerTo(handler)).toMatch(/Unavailable$/)
  await done.commit()
})

for (const [how, commit] of FAILURES) {
  test.each(['chunked', 'sized'])(`a %s stream whose last commit fails by ${how} ends in a cut connection`, async (kind) => {
    const seen: unknown[] = []
    const handler: Handler = (_, res) => {
      hold(res, hooksWith({ beforeEnd: commit, onCut: (error) => seen.push(error) }))
      if (kind === 'sized') res.setHeader('Content-Length', 10)
      res.write('first', () => expect(res.end('last!')).toBe(res))
    }
    const answer = undated(await answerTo(handler))
    expect(answer).toContain('first')
    expect(answer).not.toContain('last!')
    expect(answer).not.toMatch(/0\r\n\r\n$/)
    expect(seen).toEqual([expect.any(StoreDown)])
  })
}

test('a stream that ends while its first commit waits, and fails only then, was never sent and is refused', async () => {
  const handler: Handler = (_, res) => {
    const failing = (): Promise<void> => Promise.reject(new StoreDown())
    hold(res, hooksWith({ beforeFirstByte: later, beforeEnd: failing, onRefused: () => void res.end('error page') }))
    res.write('secret')
    res.end()
  }
  expect(await answerTo(handler)).toMatch(/error page$/)
})

test('a commit that fails after the client has gone is reported, once, and nothing else happens', async () => {
  const commit = pendingCommit()
  const reported: unknown[] = []
  let closed = false
  await using server = await listening((_, res) => {
    hold(res, hooksWith({ beforeFirstByte: commit.commit, onRefused: (error) => void (reported.push(error), res.end('page')) }))
    res.on('close', () => (closed = true))
    res.end('secret')
  })
  const socket = connect(server.port, '127.0.0.1')
  socket.write(request())
  await commit.asked
  socket.destroy()
  await once(socket, 'close')
  while (!closed) await later()
  commit.fail(new StoreDown())
  await settled()
  expect(reported).toEqual([expect.any(StoreDown)])
})

test('a header that Node refuses is a failed commit: nothing of the response is sent', async () => {
  const handler: Handler = (_, res) => {
    hold(
      res,
      hooksWith({
        decorate: (headers) => headers.set('Set-Cookie', 'sid=1\r\nX-Injected: 1'),
        onRefused: (error) => void res.end(String((error as NodeJS.ErrnoException).code)),
      }),
    )
    res.end('secret')
  }
  expect(await answerTo(handler)).toMatch(/\r\n\r\nERR_INVALID_CHAR$/)
})
