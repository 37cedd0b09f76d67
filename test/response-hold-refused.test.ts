// A commit that fails before anything was sent: nothing of the response is, and the error handler answers in its place.
import { once } from 'node:events'
import { connect } from 'node:net'
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
} from './support/hold-exchange.js'
import { FAILURES, refusing, StoreDown } from './support/hold-failures.js'

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
