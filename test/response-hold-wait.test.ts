import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import {
  asyncHooks,
  type Handler,
  held,
  hold,
  hooksWith,
  later,
  listening,
  pendingCommit,
  request,
  settled,
  talk,
  undated,
  withoutCookie,
} from './support/hold-exchange.js'

/** Reads what has come so far. */
function collect(socket: Socket): { text: () => string } {
  let text = ''
  socket.setEncoding('latin1').on('data', (part) => (text += part))
  return { text: () => text }
}

const FIRST_OUTPUTS: [string, Handler][] = [
  ['end', (_, res) => void res.end('hello')],
  ['write', (_, res) => void res.write('hello', () => res.end())],
  ['write and end', (_, res) => (res.write('hello'), void res.end())],
  ['flushHeaders', (_, res) => (res.flushHeaders(), void res.end('hello'))],
  ['writeHead and end', (_, res) => void res.writeHead(200, ['X-A', '1']).end('hello')],
  ['a response header that has Node send the head at once', (_, res) => void res.writeHead(200, { Expect: 'x' }).end('hello')],
  ['pipe', (_, res) => void Readable.from(['hello']).pipe(res)],
]

test.each(FIRST_OUTPUTS)('no byte leaves before the commit: %s', async (_name, handler) => {
  const commit = pendingCommit()
  await using server = await listening(held(handler, () => hooksWith({ beforeFirstByte: commit.commit })))
  const socket = connect(server.port, '127.0.0.1')
  const seen = collect(socket)
  socket.write(request())
  await commit.asked
  await settled()
  expect(seen.text()).toBe('')
  commit.succeed()
  await once(socket, 'close')
  expect(seen.text()).toContain('hello')
  expect(commit.calls).toBe(1)
})

test('no byte of a pipelined response leaves before its commit, though its turn has come', async () => {
  const [first, second] = [pendingCommit(), pendingCommit()]
  const commits = [first, second]
  await using server = await listening((_, res) => {
    hold(res, hooksWith({ beforeFirstByte: commits.shift()?.commit ?? (() => {}) }))
    res.end('hello')
  })
  const socket = connect(server.port, '127.0.0.1')
  const seen = collect(socket)
  socket.write(request({ close: false }) + request())
  await second.asked
  first.succeed()
  await settled()
  expect(seen.text().match(/hello/g)).toHaveLength(1)
  second.succeed()
  await once(socket, 'close')
  expect(seen.text().match(/hello/g)).toHaveLength(2)
})

test('pipelined responses whose commits end in the reverse order keep their own order', async () => {
  const commits = [pendingCommit(), pendingCommit(), pendingCommit()]
  let number = 0
  await using server = await listening((_, res) => {
    hold(res, hooksWith({ beforeFirstByte: commits[number]?.commit ?? (() => {}) }))
    number += 1
    res.write(`[${number}`)
    res.end(']')
  })
  const done = talk(server.port, request({ close: false }).repeat(2) + request())
  for (const commit of commits.toReversed()) {
    await commit.asked
    commit.succeed()
    await settled()
  }
  expect((await done).match(/\[\d/g)).toEqual(['[1', '[2', '[3'])
})

test('a connection is kept alive, and each of its responses is held', async () => {
  await using server = await listening(held((_, res) => void res.end('hello'), asyncHooks))
  const bytes = await talk(server.port, request({ close: false }), (socket) => {
    socket.once('data', () => socket.write(request()))
  })
  expect(bytes.match(/sid=held/g)).toHaveLength(2)
})

test('informational responses do not wait for the commit, nor cause it', async () => {
  const commit = pendingCommit()
  const handler: Handler = (_, res) => {
    res.writeEarlyHints({ link: '</a.css>; rel=preload' })
    res.writeProcessing()
    setImmediate(() => res.end('hello'))
  }
  await using server = await listening(held(handler, () => hooksWith({ beforeFirstByte: commit.commit })))
  const socket = connect(server.port, '127.0.0.1')
  const seen = collect(socket)
  socket.write(request())
  await commit.asked
  await settled()
  expect(seen.text()).toMatch(/^HTTP\/1.1 103 [\s\S]*HTTP\/1.1 102 Processing\r\n\r\n$/)
  commit.succeed()
  await once(socket, 'close')
})

test('writeHead alone commits nothing: the session may still change', async () => {
  const commit = pendingCommit()
  await using server = await listening(
    held(
      (_, res) => {
        res.writeHead(200, { 'X-A': '1' })
        setImmediate(() => {
          expect(commit.calls).toBe(0)
          res.end('hello')
        })
      },
      () => hooksWith({ beforeFirstByte: commit.commit }),
    ),
  )
  commit.succeed()
  expect(await talk(server.port, request())).toContain('sid=held')
})

test('a synchronous commit adds no wait: the response has left when end returns', async () => {
  const order: string[] = []
  await using server = await listening((_, res) => {
    hold(res, hooksWith({ beforeFirstByte: () => void order.push('commit'), onReleased: () => order.push('released') }))
    res.end('hello', () => order.push('callback'))
    order.push(`returned ${res.writableLength === 0}`)
  })
  await talk(server.port, request())
  expect(order).toEqual(['commit', 'released', 'returned true', 'callback'])
})

test('a held response looks to the handler like one that Node has taken', async () => {
  const commit = pendingCommit()
  const seen: unknown[] = []
  const look = (res: ServerResponse): void => {
    const attempts = [
      () => res.setHeader('a', 'b'),
      () => res.appendHeader('a', 'b'),
      () => res.removeHeader('a'),
      () => res.writeHead(500),
    ]
    const codes = attempts.map((attempt) => {
      try {
        return attempt()
      } catch (error) {
        return (error as NodeJS.ErrnoException).code
      }
    })
    seen.push(res.headersSent, res.writableEnded, res.writableFinished, ...codes)
  }
  const handler: Handler = (_, res) => {
    res.end('hello')
    look(res)
    res.statusCode = 500
    res.statusMessage = 'Too Late'
  }
  await using server = await listening(held(handler, () => hooksWith({ beforeFirstByte: commit.commit })))
  void commit.asked.then(settled).then(commit.succeed)
  expect(await talk(server.port, request())).toMatch(/^HTTP\/1.1 200 OK/)
  expect(seen).toEqual([true, true, false, ...Array<string>(4).fill('ERR_HTTP_HEADERS_SENT')])
})

test('a server that is closed during the hold lets the held response go', async () => {
  const commit = pendingCommit()
  await using server = await listening(
    held(
      (_, res) => void res.end('hello'),
      () => hooksWith({ beforeFirstByte: commit.commit }),
    ),
  )
  const answer = talk(server.port, request())
  await commit.asked
  await later()
  server.server.close()
  await settled()
  commit.succeed()
  expect(await answer).toContain('hello')
})

test('a client that goes during the hold harms nothing', async () => {
  const commit = pendingCommit()
  const events: string[] = []
  await using server = await listening((_, res) => {
    hold(res, hooksWith({ beforeFirstByte: commit.commit, onReleased: () => events.push('released') }))
    res.on('close', () => events.push('close'))
    res.write('hello')
    res.end()
  })
  const socket = connect(server.port, '127.0.0.1')
  socket.write(request())
  await commit.asked
  socket.destroy()
  while (!events.includes('close')) await later()
  commit.succeed()
  await settled()
  expect(events).toEqual(['close', 'released'])
  expect(commit.calls).toBe(1)
})

test('the end of a stream waits for its own commit, and its last chunk with it', async () => {
  const end = pendingCommit()
  const handler: Handler = (_, res) => {
    res.write('first', () => res.end('last'))
  }
  await using server = await listening(held(handler, () => hooksWith({ beforeEnd: end.commit })))
  const socket = connect(server.port, '127.0.0.1')
  const seen = collect(socket)
  socket.write(request())
  await end.asked
  await settled()
  expect(seen.text()).toContain('first')
  expect(seen.text()).not.toContain('last')
  end.succeed()
  await once(socket, 'close')
  expect(seen.text()).toMatch(/last\r\n0\r\n\r\n$/)
})

test('an end without a byte of its own waits too', async () => {
  const end = pendingCommit()
  const events: string[] = []
  const handler: Handler = (_, res) => {
    res.on('finish', () => events.push('finish'))
    res.setHeader('Content-Length', 5)
    res.write('first', () => res.end())
  }
  await using server = await listening(held(handler, () => hooksWith({ beforeEnd: end.commit, onReleased: () => events.push('released') })))
  const answer = talk(server.port, request())
  await end.asked
  await settled()
  expect(events).toEqual(['released'])
  end.succeed()
  expect(withoutCookie(undated(await answer)).bytes).toMatch(/\r\n\r\nfirst$/)
  expect(events).toEqual(['released', 'finish'])
})

test('an end that comes while the first output waits is committed as well, before any byte leaves', async () => {
  const [first, end] = [pendingCommit(), pendingCommit()]
  const handler: Handler = (_, res) => (res.write('a'), void res.end('b'))
  await using server = await listening(held(handler, () => hooksWith({ beforeFirstByte: first.commit, beforeEnd: end.commit })))
  const socket = connect(server.port, '127.0.0.1')
  const seen = collect(socket)
  socket.write(request())
  await first.asked
  first.succeed()
  await end.asked
  await settled()
  expect(seen.text()).toBe('')
  end.succeed()
  await once(socket, 'close')
  expect(seen.text()).toMatch(/a\r\n1\r\nb\r\n0\r\n\r\n$/)
})
