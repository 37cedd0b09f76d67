// A commit that fails while the handler goes on writing: a plain answer, or a cut connection.
import type { ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { answerTo, type Handler, hold, hooksWith, later, pendingCommit, settled, undated } from './support/hold-exchange.js'
import { FAILURES, refusing, StoreDown } from './support/hold-failures.js'

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
